package verify

import (
	"bytes"
	"crypto/rand"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestNothingIsBelieved asks servers that are nothing, and want to look like
// something. None of them may get a name, on any number.
func TestNothingIsBelieved(t *testing.T) {
	random := make([]byte, 64)
	rand.Read(random)
	servers := map[string]func(net.Conn){
		"closes":            func(net.Conn) {},
		"swallows":          swallow,
		"one byte":          greet("\x20"),
		"one byte each":     always("\x20"),
		"random":            greet(string(random)),
		"random answers":    always(string(random)),
		"zeros":             always(strings.Repeat("\x00", 64)),
		"ones":              always(strings.Repeat("\xff", 64)),
		"OK":                always("OK\r\n"),
		"+OK":               always("+OK\r\n"),
		"* OK":              always("* OK\r\n"),
		"220":               greet("220 hello there\r\n"),
		"220 both":          greet("220 FTP SMTP\r\n"),
		"220 to everything": always("220 hello\r\n"),
		"+PONG":             always("+PONG\r\n"),
		"ERROR":             always("ERROR\r\n"),
		"S":                 always("S"),
		"N":                 always("N"),
		"05 00":             always("\x05\x00"),
		"CONNACK":           always("\x20\x02\x00\x00"),
		"CONNACK, refused":  always("\x20\x02\x00\x05"),
		"05 ff":             always("\x05\xff"),
		"empty SETTINGS":    always(emptySettings),
		"in capitals":       answering(func(in []byte) []byte { return bytes.ToUpper(in) }),
		"ten bytes back":    answering(func(in []byte) []byte { return in[:min(10, len(in))] }),
		"backwards": answering(func(in []byte) []byte {
			slices.Reverse(in)
			return in
		}),
		"VERSION":               always("VERSION "),
		"ZBXD without an end":   always("ZBXD\x01\xff\xff\xff\xff\xff\xff\xff\xff"),
		"a tab":                 always("\t"),
		"empty words":           always("\x00\x00\x00\x5c" + strings.Repeat("\x00", 16)),
		"a small number":        always("\x00\x00\x00\x02"),
		"a version of SANE":     always("\x00\x00\x00\x00\x01\x01\x00\x03"),
		"what filters say":      always("\x00\x00\x00\x0dO\x00\x00\x00\x06\x00\x00\x00\x11\x00\x00\x00\x02"),
		"a hello of OpenFlow":   always("\x06\x00\x00\x08\x00\x00\x00\x01"),
		"a table":               always("0a\tb\tc\t70\r\n"),
		"RPRT":                  always("RPRT -1\n"),
		"status line, almost":   always("HTTP/1.1 2000 OK\r\n\r\n"),
		"HTTP without a status": always("HTTP/1.1\r\n\r\n"),
		"HTML alone":            always("<html><title>nginx</title></html>"),
		"escapes":               greet("\x1b]0;SSH-2.0-x\x07\x1b[2J\r\n"),
		"SSH, almost":           greet("SSH-9.9-OpenSSH_9.2\r\n"),
		"RFB, almost":           greet("RFB 003.00\n"),
		"huge": func(conn net.Conn) {
			go swallow(conn)
			line := strings.Repeat("x", 1000) + "\r\n"
			for {
				if _, err := io.WriteString(conn, line); err != nil {
					return
				}
			}
		},
		"drip": func(conn net.Conn) {
			go swallow(conn)
			for {
				time.Sleep(100 * time.Millisecond)
				if _, err := conn.Write([]byte{'2'}); err != nil {
					return
				}
			}
		},
		"slow greeting": func(conn net.Conn) {
			go swallow(conn)
			time.Sleep(9 * time.Second)
			io.WriteString(conn, "welcome\r\n")
		},
		"repeats with words": func(conn net.Conn) {
			buf := make([]byte, 4096)
			for {
				n, err := conn.Read(buf)
				if err != nil {
					return
				}
				io.WriteString(conn, "you said: "+string(buf[:n]))
			}
		},
	}
	for name, serve := range servers {
		t.Run(name, func(t *testing.T) {
			for _, number := range []uint16{31000, 21, 22, 25, 53, 80, 110, 143, 443, 1080, 1883, 3306, 5432, 6379, 8883, 11211, 3050, 4242, 4532, 5201, 6566, 6653, 8891} {
				s, _ := ask(t, number, serve, Verifier{})
				if s.Protocol != "" || s.Product != "" || s.Version != "" {
					t.Errorf("port %d is said to be %q %q %q by %q", number, s.Protocol, s.Product, s.Version, s.Evidence.Request)
				}
				if s.Spent > DefaultTimeout+time.Second {
					t.Errorf("port %d took %v", number, s.Spent)
				}
			}
		})
	}
}

// TestEcho holds that whoever mirrors is echo, on any number.
func TestEcho(t *testing.T) {
	mirror := func(conn net.Conn) {
		// io.Copy would write while nobody reads.
		buf := make([]byte, 4096)
		for {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			if _, err := conn.Write(buf[:n]); err != nil {
				return
			}
		}
	}
	for _, number := range []uint16{7, 31000, 80, 443, 6379, 1080, 5432} {
		if s, _ := ask(t, number, mirror, Verifier{}); s.Protocol != "echo" {
			t.Errorf("port %d: %v %q", number, s.Outcome, s.Protocol)
		}
	}
}

// TestEscapesStayOut holds that nothing a server says of itself comes out as
// it is, but the first bytes.
func TestEscapesStayOut(t *testing.T) {
	s, _ := ask(t, 80, always("HTTP/1.1 200 OK\r\nServer: evil\x1b[31m/1.0\x07\r\nX-Powered-By: a\x1b]0;b\r\nContent-Length: 0\r\n\r\n"), Verifier{})
	for _, text := range append(s.Info, s.Product, s.Version) {
		if strings.ContainsAny(text, "\x1b\x07") {
			t.Errorf("%q holds an escape", text)
		}
	}
	if s.Protocol != "http" {
		t.Errorf("it is %v %q", s.Outcome, s.Protocol)
	}
}

// answering is a server that makes an answer of whatever it is sent.
func answering(of func([]byte) []byte) func(net.Conn) {
	return func(conn net.Conn) {
		buf := make([]byte, 4096)
		for {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			if _, err := conn.Write(of(buf[:n])); err != nil {
				return
			}
		}
	}
}
