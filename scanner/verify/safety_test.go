package verify

import (
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestNothingIsSentToDevices holds that ports where every byte may do something
// get one connection and no byte.
func TestNothingIsSentToDevices(t *testing.T) {
	for _, number := range []uint16{9100, 9103, 9107, 515, 102, 502, 1911, 2404, 20000, 20547, 44818, 47808, 3632, 3260, 25672, 5005, 179} {
		s, f := ask(t, number, swallow, Verifier{})
		if f.sent() != "" || len(f.connections) != 1 {
			t.Errorf("port %d was sent %q on %d connections", number, f.sent(), len(f.connections))
		}
		if s.Outcome != OutcomeNotAsked || s.Reason == "" {
			t.Errorf("port %d: %v, reason %q; want not asked, with a reason", number, s.Outcome, s.Reason)
		}
	}
}

// TestDeviceNumberWithGreeting holds that what is heard there is still told.
func TestDeviceNumberWithGreeting(t *testing.T) {
	s, f := ask(t, 9100, greet("SSH-2.0-OpenSSH_9.2p1\r\n"), Verifier{})
	if s.Protocol != "ssh" || s.Product != "OpenSSH" || f.sent() != "" {
		t.Errorf("got %+v after sending %q", s, f.sent())
	}
}

// TestAllAsksDevices holds that All asks them, and that a known process does.
func TestAllAsksDevices(t *testing.T) {
	page := always("HTTP/1.0 200 OK\r\nServer: x/1.0\r\nContent-Length: 0\r\n\r\n")
	if s, _ := ask(t, 9100, page, Verifier{All: true}); s.Protocol != "http" {
		t.Errorf("with All: %v %q", s.Outcome, s.Protocol)
	}
}

// TestMailIsNotTalkedToEarly holds that a mail server gets nothing before it has
// greeted, however late it does.
func TestMailIsNotTalkedToEarly(t *testing.T) {
	for _, number := range []uint16{25, 587, 2525} {
		early := 0
		s, _ := ask(t, number, func(conn net.Conn) {
			conn.SetReadDeadline(time.Now().Add(5 * time.Second))
			early, _ = conn.Read(make([]byte, 1))
			conn.SetReadDeadline(time.Time{})
			io.WriteString(conn, "220 mail.example ESMTP Postfix\r\n")
			buf := make([]byte, 512)
			for {
				n, err := conn.Read(buf)
				if err != nil {
					return
				}
				if strings.HasPrefix(string(buf[:n]), "EHLO ") {
					io.WriteString(conn, "250-mail.example\r\n250 STARTTLS\r\n")
				}
			}
		}, Verifier{})
		if early != 0 {
			t.Errorf("port %d: a byte came before the greeting", number)
		}
		if s.Protocol != "smtp" || s.Product != "Postfix" || !s.StartTLS {
			t.Errorf("port %d: %+v", number, s)
		}
	}
}

// TestImpatientToMail holds that a mail server is left alone when there is no
// time for its greeting.
func TestImpatientToMail(t *testing.T) {
	s, f := ask(t, 25, swallow, Verifier{LateGreeting: -1})
	if f.sent() != "" || s.Outcome != OutcomeUnidentified {
		t.Errorf("%v after %q", s.Outcome, f.sent())
	}
}

// TestMailHearsNoOrders holds which commands a mail server hears.
func TestMailHearsNoOrders(t *testing.T) {
	_, f := ask(t, 25, func(conn net.Conn) {
		io.WriteString(conn, "220 mail.example ESMTP\r\n")
		swallow(conn)
	}, Verifier{})
	if got := f.sent(); got != ehlo+"QUIT\r\n" {
		t.Errorf("sent %q", got)
	}
}

// TestMySQLCounts holds that a MySQL server sees one connection and no byte:
// each that is not a login counts towards the block of this host.
func TestMySQLCounts(t *testing.T) {
	greeting := "J\x00\x00\x00\n8.0.36\x00\x0b\x00\x00\x00abcdefgh\x00\xff\xff\xff\x02\x00\xff\xdf\x15\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00abcdefghijkl\x00caching_sha2_password\x00"
	for _, number := range []uint16{3306, 31000} {
		s, f := ask(t, number, greet(greeting), Verifier{})
		if s.Product != "MySQL" || s.Version != "8.0.36" || f.sent() != "" || len(f.connections) != 1 {
			t.Errorf("port %d: %q %q after %d connections and %q", number, s.Product, s.Version, len(f.connections), f.sent())
		}
	}
	// One that says nothing is not asked for anything else than it speaks at first.
	if _, f := ask(t, 3306, func(net.Conn) {}, Verifier{}); len(f.connections) > 2 {
		t.Errorf("a closing MySQL port had %d connections", len(f.connections))
	}
}

// TestRedisIsNotAttacked holds that no line begins with words that redis logs as
// an attack, wherever it listens.
func TestRedisIsNotAttacked(t *testing.T) {
	for _, number := range []uint16{6379, 31000} {
		_, f := ask(t, number, func(conn net.Conn) {
			buf := make([]byte, 4096)
			for {
				n, err := conn.Read(buf)
				if err != nil {
					return
				}
				if strings.Contains(string(buf[:n]), "\r\n") {
					io.WriteString(conn, "-ERR unknown command\r\n")
				}
			}
		}, Verifier{})
		for line := range strings.Lines(f.sent()) {
			if lower := strings.ToLower(line); strings.HasPrefix(lower, "host:") || strings.HasPrefix(lower, "post") {
				t.Errorf("port %d was sent %q", number, line)
			}
		}
	}
}

// TestProxyIsNotUsed holds that a proxy is asked for nothing but its own page,
// and is not told a name that could be its own.
func TestProxyIsNotUsed(t *testing.T) {
	for _, number := range []uint16{3128, 8080, 8888, 31000} {
		_, f := ask(t, number, func(conn net.Conn) {
			buf := make([]byte, 4096)
			n, _ := conn.Read(buf)
			if strings.HasPrefix(string(buf[:n]), "GET") {
				io.WriteString(conn, "HTTP/1.0 400 Bad Request\r\nServer: tinyproxy/1.11.1\r\n\r\n")
			}
		}, Verifier{})
		for line := range strings.Lines(f.sent()) {
			if strings.HasPrefix(line, "CONNECT") || strings.Contains(line, "://") || strings.HasPrefix(line, "Host:") {
				t.Errorf("port %d was sent %q", number, line)
			}
		}
	}
}

// TestStrangersHearLittle holds what a port gets that never answers: at most
// six connections, one at a time, and short requests without orders.
func TestStrangersHearLittle(t *testing.T) {
	s, f := ask(t, 31000, swallow, Verifier{})
	if s.Outcome != OutcomeUnidentified || s.Protocol != "" {
		t.Errorf("a silent port is %v %q", s.Outcome, s.Protocol)
	}
	for _, b := range f.connections {
		if b.Len() > 512 {
			t.Errorf("%d bytes were sent on one connection", b.Len())
		}
	}
	if s.Spent > DefaultTimeout {
		t.Errorf("it took %v", s.Spent)
	}
}

// TestRequestsAreHarmless looks at every request of the table: short, and
// without the words by which something is written, or somebody let in.
func TestRequestsAreHarmless(t *testing.T) {
	words := []string{"USER ", "PASS ", "LOGIN ", "AUTH ", "MAIL ", "RCPT ", "VRFY ", "NICK ", "JOIN ", "INVITE ", "REGISTER ", "POST ", "PUT ", "DELETE ",
		"CONNECT http", "SET ", "FLUSH", "EVAL", "public", "private", "mstshash", "stats items", "stats slabs"}
	for _, proto := range protocols() {
		if proto.request == nil {
			continue
		}
		for _, known := range []bool{true, false} {
			request := string(proto.request(question{nonce: recordNonce, port: 31000, known: known}))
			if len(request) > 512 {
				t.Errorf("%s: %d bytes", proto.name, len(request))
			}
			for _, w := range words {
				if strings.Contains(request, w) {
					t.Errorf("%s: the request %q has %q", proto.name, request, w)
				}
			}
		}
		if len(proto.udp) > 0 && len(proto.request(question{nonce: recordNonce})) > 300 {
			t.Errorf("%s over UDP is long", proto.name)
		}
	}
}

// TestDebuggerIsLeftAlone holds that the handshake of a Java debugger is made
// only where it is expected.
func TestDebuggerIsLeftAlone(t *testing.T) {
	for _, number := range []uint16{8000, 31000, 5005} {
		if _, f := ask(t, number, swallow, Verifier{}); strings.Contains(f.sent(), "JDWP") {
			t.Errorf("port %d was sent a debugger's handshake", number)
		}
	}
}

// TestOwnConnectionIsUsed holds that a connection that the target brings is the
// first, and is closed.
func TestOwnConnectionIsUsed(t *testing.T) {
	ours, theirs := net.Pipe()
	go func() { io.WriteString(theirs, "RFB 003.008\n"); swallow(theirs) }()
	v := Verifier{}
	s, err := v.Verify(t.Context(), Target{Proto: "tcp", Addr: netip.MustParseAddrPort("198.18.0.1:5900"), Conn: ours})
	if err != nil || s.Protocol != "vnc" || s.Connections != 1 {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := ours.Write([]byte("x")); err == nil {
		t.Error("the connection is still open")
	}
}

// TestHarmfulPrograms holds that a program that does what it is sent gets no byte,
// on any number.
func TestHarmfulPrograms(t *testing.T) {
	for _, name := range []string{"distccd", "p910nd", "tgtd", "corosync", "bacula-fd"} {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{serve: swallow}
			v := Verifier{Dial: f.dial}
			s, err := v.Verify(t.Context(), Target{Proto: "tcp", Addr: netip.MustParseAddrPort("198.18.0.1:31000"), Expect: name})
			if err != nil || s.Outcome != OutcomeNotAsked || s.Reason == "" || f.sent() != "" || !Knows(name) {
				t.Errorf("%s: %v %v after %q", name, err, s.Outcome, f.sent())
			}
			f.wg.Wait()
		})
	}
}

// TestUsual holds which numbers and names tell a protocol.
func TestUsual(t *testing.T) {
	if !Usual("tcp", 22) || !Usual("udp", 53) || !Usual("tcp", 993) || Usual("udp", 22) || Usual("tcp", 31000) {
		t.Error("a number is misread")
	}
	if !Knows("ssh") || !Knows("sshd") || Knows("") || Knows("a-name") {
		t.Error("a name is misread")
	}
}
