package verify

import (
	"context"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// patientMail is a mail server that greets after a delay, and what it does with a
// client that talks before.
type patientMail struct {
	teaser   string // said at once
	delay    time.Duration
	greeting string
	early    string // said in place of the greeting to who talked early; "" for no matter
	atOnce   bool   // early is said when the client talks, not when the delay is over
	reads    int32  // bytes of clients that it did not wait for
}

func (m *patientMail) serve(conn net.Conn) {
	heard := make(chan string)
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := conn.Read(buf)
			if heard <- string(buf[:n]); err != nil {
				close(heard)
				return
			}
		}
	}()
	defer func() {
		conn.Close()
		for range heard {
		}
	}()
	if m.teaser != "" {
		io.WriteString(conn, m.teaser)
	}
	early, over := 0, time.After(m.delay)
	for waiting := true; waiting; {
		select {
		case s, ok := <-heard:
			if early += len(s); !ok {
				atomic.AddInt32(&m.reads, int32(early))
				return
			}
			if m.atOnce && early > 0 {
				io.WriteString(conn, m.early)
				return
			}
		case <-over:
			waiting = false
		}
	}
	if atomic.AddInt32(&m.reads, int32(early)); early > 0 && m.early != "" {
		io.WriteString(conn, m.early)
		return
	}
	if _, err := io.WriteString(conn, m.greeting); err != nil {
		return
	}
	if early > 0 {
		io.WriteString(conn, "500 5.5.2 Error: command not recognized\r\n")
	}
	for s := range heard {
		switch {
		case strings.HasPrefix(s, "EHLO "):
			io.WriteString(conn, "250-mail.example\r\n250 STARTTLS\r\n")
		case s != "":
			io.WriteString(conn, "502 5.5.2 Error: command not recognized\r\n")
		}
	}
}

// TestPatientMail holds that mail servers that test who connects are told on any
// number, by what they do there: greet late, say half of a greeting, or refuse who
// talks first.
func TestPatientMail(t *testing.T) {
	const postfix, exim = "220 mail.example ESMTP Postfix\r\n", "220 mail.example ESMTP Exim 4.96 Mon, 30 Nov 2026 03:00:00 +0000\r\n"
	for name, c := range map[string]struct {
		mail    patientMail
		product string
		silent  bool // nothing may be said before the greeting
		little  bool // where the number tells nothing, the protocol is all that can be told
	}{
		"greets after 4 s":              {mail: patientMail{delay: 4 * time.Second, greeting: postfix}, product: "Postfix"},
		"greets after 6 s":              {mail: patientMail{delay: 6 * time.Second, greeting: postfix}, product: "Postfix"},
		"a slow one of few words":       {mail: patientMail{delay: 5 * time.Second, greeting: "220 mail.example\r\n"}},
		"postscreen":                    {mail: patientMail{teaser: "220-mail.example ESMTP Postfix\r\n", delay: 6 * time.Second, greeting: postfix, early: "521 5.5.1 Protocol error\r\n", atOnce: true}, product: "Postfix", silent: true},
		"postscreen without a teaser":   {mail: patientMail{delay: 6 * time.Second, greeting: postfix, early: "521 5.5.1 Protocol error\r\n", atOnce: true}, product: "Postfix"},
		"exim with a delay":             {mail: patientMail{delay: 4 * time.Second, greeting: exim, early: "554 SMTP synchronization error\r\n"}, product: "Exim", little: true},
		"sendmail with greet_pause":     {mail: patientMail{delay: 5 * time.Second, greeting: "220 mail.example ESMTP Sendmail 8.17.1/8.17.1\r\n", early: "554 mail.example ESMTP not accepting messages\r\n", atOnce: true}, product: "Sendmail"},
		"spamd, one byte after another": {mail: patientMail{teaser: "2", delay: time.Second, greeting: "20 mail.example ESMTP spamd IP-based SPAM blocker\r\n", early: "x", atOnce: true}, silent: true},
	} {
		for _, number := range []uint16{25, 31000} {
			mail := c.mail
			s, _ := ask(t, number, mail.serve, Verifier{})
			if s.Protocol != "smtp" || (s.Product != c.product || !s.StartTLS) && !(c.little && number != 25) {
				t.Errorf("%s on %d: %v %q %q, STARTTLS %v after %v on %d connections", name, number, s.Outcome, s.Protocol, s.Product, s.StartTLS, s.Spent, s.Connections)
			}
			if (c.silent || number == 25) && mail.reads > 0 {
				t.Errorf("%s on %d was told %d bytes early", name, number, mail.reads)
			}
			if s.Spent > 11*time.Second {
				t.Errorf("%s on %d took %v", name, number, s.Spent)
			}
		}
	}
}

// TestSlowPages holds that a page that takes seconds is waited for, also behind one
// worker and where the number tells nothing.
func TestSlowPages(t *testing.T) {
	page := func(after time.Duration) func(net.Conn) {
		return func(conn net.Conn) {
			buf := make([]byte, 4096)
			for all := ""; !strings.Contains(all, "\r\n\r\n"); {
				n, err := conn.Read(buf)
				if err != nil {
					return
				}
				all += string(buf[:n])
			}
			time.Sleep(after)
			io.WriteString(conn, "HTTP/1.0 200 OK\r\nServer: x/1.0\r\n\r\n")
		}
	}
	for _, number := range []uint16{80, 8080, 31000} {
		if s, _ := ask(t, number, page(3*time.Second), Verifier{}); s.Protocol != "http" || s.Product != "x" {
			t.Errorf("%d: %v %q %q after %v", number, s.Outcome, s.Protocol, s.Product, s.Spent)
		}
	}
}

// TestSilenceEnds holds how long a silent port takes on each number that is known,
// and on one that tells nothing. It is what a whole run takes at least.
func TestSilenceEnds(t *testing.T) {
	numbers := map[uint16]bool{31000: true}
	for _, proto := range protocols() {
		for _, number := range append(proto.tcp, proto.tls...) {
			numbers[number] = true
		}
	}
	for number := range numbers {
		s, _ := ask(t, number, swallow, Verifier{})
		if s.Spent > 9700*time.Millisecond || s.Protocol != "" {
			t.Errorf("silent on %d: %v %q after %v on %d connections", number, s.Outcome, s.Protocol, s.Spent, s.Connections)
		}
	}
}

// TestSilenceMakesRoom holds that silent ports of a host do not keep others from
// being asked while they are only waited for.
func TestSilenceMakesRoom(t *testing.T) {
	took := manyPorts(t, 40, swallow, Verifier{PerHost: 4})
	if most := 40 / 4 * 2500 * time.Millisecond; took > most+9*time.Second {
		t.Errorf("40 silent ports, 4 at a time, took %v", took)
	}
}

// TestLateOnBusyMachine holds that a late greeting is waited for where all waits are
// longer, since this process is late itself.
func TestLateOnBusyMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mail := patientMail{delay: 5 * time.Second, greeting: "220 mail.example ESMTP Postfix\r\n"}
		f := &fake{serve: mail.serve}
		p := newPort(&Verifier{Dial: f.dial}, targets(1, 31000)[0], newCommon())
		p.rest, p.lag = func() {}, 250*time.Millisecond
		ctx, cancel := context.WithTimeout(t.Context(), p.timeout)
		defer cancel()
		p.askTCP(ctx)
		if s := p.result(); s.Product != "Postfix" {
			t.Errorf("%v %q after %v on %d connections", s.Outcome, s.Protocol, s.Spent, s.Connections)
		}
		f.wg.Wait()
	})
}

// TestMailClosesAtFirst holds that a mail server that ends a connection is listened to
// again, and not talked to.
func TestMailClosesAtFirst(t *testing.T) {
	mail, first := patientMail{delay: time.Second, greeting: "220 mail.example ESMTP Postfix\r\n"}, true
	s, _ := ask(t, 25, func(conn net.Conn) {
		if first {
			first = false
			return
		}
		mail.serve(conn)
	}, Verifier{})
	if s.Product != "Postfix" || mail.reads > 0 {
		t.Errorf("%v %q, told %d bytes early", s.Outcome, s.Product, mail.reads)
	}
}
