package verify

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func targets(n int, port uint16) []Target {
	var list []Target
	for i := range n {
		list = append(list, Target{Proto: "tcp", Addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 18, 0, byte(i + 1)}), port)})
	}
	return list
}

// TestVerifyAll holds that every target is answered once, those that cannot be
// asked with an error.
func TestVerifyAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{serve: greet("SSH-2.0-OpenSSH_9.2p1\r\n")}
		v := Verifier{Dial: f.dial}
		list := append(targets(100, 22), Target{Proto: "sctp"})
		told, bad := 0, 0
		for s, err := range v.VerifyAll(t.Context(), slices.Values(list)) {
			switch {
			case errors.Is(err, ErrBadTarget):
				bad++
			case err != nil:
				t.Fatal(err)
			case s.Protocol == "ssh":
				told++
			}
		}
		if told != 100 || bad != 1 {
			t.Errorf("%d told, %d bad", told, bad)
		}
		f.wg.Wait()
	})
}

// TestVerifyAllOneAtATime holds that a port that is among the targets twice
// never has two connections, and a host no more than PerHost.
func TestVerifyAllOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{serve: greet("SSH-2.0-OpenSSH_9.2p1\r\n")}
		v := Verifier{Dial: f.dial}
		same := slices.Repeat(targets(1, 22), 20)
		for range v.VerifyAll(t.Context(), slices.Values(same)) {
		}
		if f.most != 1 {
			t.Errorf("%d connections at once", f.most)
		}
		many := &fake{serve: swallow}
		v = Verifier{Dial: many.dial, PerHost: 3, LateGreeting: -1}
		var list []Target
		for port := range uint16(30) {
			list = append(list, Target{Proto: "tcp", Addr: netip.AddrPortFrom(netip.MustParseAddr("198.18.0.1"), 31000+port)})
		}
		for range v.VerifyAll(t.Context(), slices.Values(list)) {
		}
		if many.most != 3 {
			t.Errorf("%d connections to one host at once", many.most)
		}
		f.wg.Wait()
		many.wg.Wait()
	})
}

// TestVerifyAllEnds holds that a break, and the end of the context, end all of
// it.
func TestVerifyAllEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{serve: swallow}
		v := Verifier{Dial: f.dial}
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var last error
		for _, err := range v.VerifyAll(ctx, slices.Values(targets(50, 22))) {
			last = err
		}
		if !errors.Is(last, context.DeadlineExceeded) || time.Since(began) > 2*time.Second {
			t.Errorf("%v after %v", last, time.Since(began))
		}
		g := &fake{serve: greet("RFB 003.008\n")}
		v.Dial = g.dial
		for range v.VerifyAll(t.Context(), slices.Values(targets(50, 5900))) {
			break
		}
		f.wg.Wait()
		g.wg.Wait()
		if f.open != 0 || g.open != 0 {
			t.Errorf("%d and %d connections are left open", f.open, g.open)
		}
	})
}

// TestUnreachable holds that a port that refuses is data.
func TestUnreachable(t *testing.T) {
	refused := errors.New("refused")
	v := Verifier{Dial: func(context.Context, string, string) (net.Conn, error) { return nil, refused }}
	s, err := v.Verify(t.Context(), targets(1, 22)[0])
	if err != nil || s.Outcome != OutcomeUnreachable || !errors.Is(s.Err, refused) {
		t.Errorf("%v, %v %v", err, s.Outcome, s.Err)
	}
}

// TestExpect holds that what is known of a process is asked first, on a number
// that says something else.
func TestExpect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{serve: always("HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")}
		v := Verifier{Dial: f.dial}
		s, err := v.Verify(t.Context(), Target{Proto: "tcp", Addr: netip.MustParseAddrPort("198.18.0.1:6379"), Expect: "nginx"})
		if err != nil || s.Product != "nginx" || s.Connections != 1 {
			t.Errorf("%v, %q %q after %d connections", err, s.Protocol, s.Product, s.Connections)
		}
		f.wg.Wait()
	})
}

// TestUDP asks servers of this machine over UDP.
func TestUDP(t *testing.T) {
	udp := func(answer func(in []byte) []byte) netip.AddrPort {
		sock, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			buf := make([]byte, 2048)
			for {
				n, from, err := sock.ReadFrom(buf)
				if err != nil {
					return
				}
				if out := answer(buf[:n]); out != nil {
					sock.WriteTo(out, from)
				}
			}
		})
		t.Cleanup(func() { sock.Close(); wg.Wait() })
		return sock.LocalAddr().(*net.UDPAddr).AddrPort()
	}
	var v Verifier
	ntpServer := func(in []byte) []byte {
		if len(in) != 48 || in[0]&7 != 3 {
			return nil
		}
		out := make([]byte, 48)
		out[0], out[1] = 4<<3|4, 2
		copy(out[24:32], in[40:48])
		return out
	}
	if s, err := v.Verify(t.Context(), Target{Proto: "udp", Addr: udp(ntpServer)}); err != nil || s.Protocol != "ntp" {
		t.Errorf("ntp: %v %+v", err, s)
	}
	if s, err := v.Verify(t.Context(), Target{Proto: "udp", Addr: udp(func(in []byte) []byte { return in })}); err != nil || s.Protocol != "echo" {
		t.Errorf("echo: %v %+v", err, s)
	}
	if s, err := v.Verify(t.Context(), Target{Proto: "udp", Addr: udp(func([]byte) []byte { return []byte{0, 5, 0, 1} })}); err != nil || s.Protocol != "" {
		t.Errorf("nothing: %v %+v", err, s)
	}
}

// TestHugeAnswer holds that a port is not read without end.
func TestHugeAnswer(t *testing.T) {
	s, _ := ask(t, 80, func(conn net.Conn) {
		go swallow(conn)
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nServer: x/1\r\n\r\n")
		block := make([]byte, 1<<16)
		for {
			if _, err := conn.Write(block); err != nil {
				return
			}
		}
	}, Verifier{})
	if s.Protocol != "http" || s.Product != "x" {
		t.Errorf("%v %q %q", s.Outcome, s.Protocol, s.Product)
	}
}

// TestLateMailOnly holds how long silent ports are asked where there are many, and
// that a mail server may still greet late, and any other within a second.
func TestLateMailOnly(t *testing.T) {
	v := Verifier{LateMailOnly: true}
	for number, most := range map[uint16]time.Duration{31000: 4 * time.Second, 22: 2500 * time.Millisecond, 6379: 2500 * time.Millisecond} {
		if s, _ := ask(t, number, swallow, v); s.Spent > most || s.Outcome != OutcomeUnidentified {
			t.Errorf("silent on %d: %v after %v", number, s.Outcome, s.Spent)
		}
	}
	late := func(greeting string, after time.Duration) func(net.Conn) {
		return func(conn net.Conn) {
			time.Sleep(after)
			io.WriteString(conn, greeting)
			swallow(conn)
		}
	}
	if s, _ := ask(t, 25, late("220 mail.example ESMTP Postfix\r\n", 5*time.Second), v); s.Protocol != "smtp" {
		t.Errorf("a late mail server is %v %q", s.Outcome, s.Protocol)
	}
	if s, _ := ask(t, 22, late("SSH-2.0-OpenSSH_9.2p1\r\n", 900*time.Millisecond), v); s.Protocol != "ssh" {
		t.Errorf("a slow ssh is %v %q", s.Outcome, s.Protocol)
	}
}

// TestTimeIsUp holds that a silent port whose time is up is not said to close: it is
// we who hang up.
func TestTimeIsUp(t *testing.T) {
	for _, number := range []uint16{22, 80, 443, 6379, 31000} {
		s, _ := ask(t, number, swallow, Verifier{Timeout: 100 * time.Millisecond})
		if s.Outcome != OutcomeUnidentified {
			t.Errorf("port %d: %v after %v", number, s.Outcome, s.Spent)
		}
	}
}
