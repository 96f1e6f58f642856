package verify

import (
	"bufio"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"
)

// selfSigned is a certificate for lab.example that is valid in the year 2000,
// when virtual time begins.
func selfSigned(t *testing.T, key crypto.Signer) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "lab.example"}, DNSNames: []string{"lab.example", "www.lab.example"},
		NotBefore: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func ecKey(t *testing.T) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// webOver answers GETs inside TLS.
func webOver(config *tls.Config) func(net.Conn) {
	return func(conn net.Conn) {
		session := tls.Server(conn, config)
		lines := bufio.NewReader(session)
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			if strings.TrimSpace(line) == "" {
				io.WriteString(session, "HTTP/1.1 200 OK\r\nServer: x/2.1\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")
				session.Close()
				return
			}
		}
	}
}

func TestTLSOfAnyKind(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ec, rs := selfSigned(t, ecKey(t)), selfSigned(t, rsaKey)
	tests := []struct {
		name     string
		config   *tls.Config
		protocol string
		check    func(s Service) bool
	}{
		{"an elliptic curve", &tls.Config{Certificates: []tls.Certificate{ec}}, "http", func(s Service) bool {
			return s.TLS.Key == "ecdsa-256" && s.TLS.Version == "1.3" && s.TLS.SelfSigned && s.TLS.Subject == "CN=lab.example" && len(s.TLS.Names) == 2 && s.TLS.Trust != "" && s.TLS.Fingerprint != ""
		}},
		{"RSA", &tls.Config{Certificates: []tls.Certificate{rs}}, "http", func(s Service) bool { return s.TLS.Key == "rsa-2048" && s.TLS.Signature == "SHA256-RSA" }},
		{"1.0 only", &tls.Config{Certificates: []tls.Certificate{rs}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}, "http", func(s Service) bool { return s.TLS.Version == "1.0" }},
		{"1.2 only", &tls.Config{Certificates: []tls.Certificate{ec}, MaxVersion: tls.VersionTLS12}, "http", func(s Service) bool { return s.TLS.Version == "1.2" }},
		{"1.3 only", &tls.Config{Certificates: []tls.Certificate{ec}, MinVersion: tls.VersionTLS13}, "http", func(s Service) bool { return s.TLS.Version == "1.3" }},
		{"RSA key exchange only", &tls.Config{Certificates: []tls.Certificate{rs}, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}}, "http", func(s Service) bool { return s.TLS.Version == "1.2" }},
		{"a chosen protocol", &tls.Config{Certificates: []tls.Certificate{ec}, NextProtos: []string{"http/1.1"}}, "http", func(s Service) bool { return s.TLS.ALPN == "http/1.1" }},
		{"another protocol", &tls.Config{Certificates: []tls.Certificate{ec}, NextProtos: []string{"postgresql"}}, "http", func(s Service) bool { return s.TLS.Subject != "" }},
		{"a client's certificate, 1.3", &tls.Config{Certificates: []tls.Certificate{ec}, ClientAuth: tls.RequireAnyClientCert}, "tls", func(s Service) bool { return s.TLS.ClientCertificate && s.TLS.Subject != "" }},
		{"a client's certificate, 1.2", &tls.Config{Certificates: []tls.Certificate{ec}, ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12}, "tls", func(s Service) bool { return s.TLS.ClientCertificate }},
		{"a name is wanted", &tls.Config{GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			if hello.ServerName == "" {
				return nil, errors.New("no name")
			}
			return &ec, nil
		}}, "tls", func(s Service) bool { return s.TLS.Alert != "" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, number := range []uint16{443, 31000} {
				s, f := ask(t, number, webOver(tt.config), Verifier{})
				if s.Protocol != tt.protocol || s.Transport != TransportTLS || s.TLS == nil || !tt.check(s) {
					t.Errorf("on %d: %v %q %v, %+v after %d connections", number, s.Outcome, s.Protocol, s.Transport, s.TLS, len(f.connections))
				}
				if len(f.connections) > 3 {
					t.Errorf("on %d: %d connections", number, len(f.connections))
				}
			}
		})
	}
}

// TestOldTLS holds that old versions are tried only when asked for.
func TestOldTLS(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{selfSigned(t, key)}, MinVersion: tls.VersionTLS10}
	if s, _ := ask(t, 443, webOver(config), Verifier{}); s.TLS == nil || s.TLS.Old != "" {
		t.Errorf("unasked: %+v", s.TLS)
	}
	if s, _ := ask(t, 443, webOver(config), Verifier{OldTLS: true}); s.TLS == nil || s.TLS.Old != "1.1" {
		t.Errorf("asked: %+v", s.TLS)
	}
	config.MinVersion = tls.VersionTLS12
	if s, _ := ask(t, 443, webOver(config), Verifier{OldTLS: true}); s.TLS == nil || s.TLS.Old != "" {
		t.Errorf("a new server: %+v", s.TLS)
	}
}

// TestStartTLS holds that an offer is told, and followed only when wanted.
func TestStartTLS(t *testing.T) {
	config := &tls.Config{Certificates: []tls.Certificate{selfSigned(t, ecKey(t))}}
	serve := func(conn net.Conn) {
		io.WriteString(conn, "220 mail.example ESMTP Postfix\r\n")
		lines := bufio.NewReader(conn)
		for {
			line, err := lines.ReadString('\n')
			switch {
			case err != nil:
				return
			case strings.HasPrefix(line, "EHLO"):
				io.WriteString(conn, "250-mail.example\r\n250 STARTTLS\r\n")
			case strings.HasPrefix(line, "STARTTLS"):
				io.WriteString(conn, "220 go ahead\r\n")
				io.Copy(io.Discard, tls.Server(conn, config))
				return
			}
		}
	}
	s, _ := ask(t, 25, serve, Verifier{})
	if !s.StartTLS || s.TLS != nil || s.Transport != TransportPlain {
		t.Errorf("unwanted: %v %+v %v", s.StartTLS, s.TLS, s.Transport)
	}
	s, _ = ask(t, 25, serve, Verifier{StartTLS: true})
	if !s.StartTLS || s.TLS == nil || s.TLS.Key != "ecdsa-256" || s.Transport != TransportStartTLS {
		t.Errorf("wanted: %v %+v %v", s.StartTLS, s.TLS, s.Transport)
	}
}

// TestPlainWordsForTLS holds that a web server that wants TLS is asked in TLS.
func TestPlainWordsForTLS(t *testing.T) {
	config := &tls.Config{Certificates: []tls.Certificate{selfSigned(t, ecKey(t))}}
	serve := func(conn net.Conn) {
		in := bufio.NewReader(conn)
		first, err := in.Peek(1)
		if err != nil {
			return
		}
		if first[0] == 22 {
			webOver(config)(peeked{conn, in})
			return
		}
		io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nContent-Length: 58\r\n\r\n400 The plain HTTP request was sent to HTTPS port, it said")
	}
	for _, number := range []uint16{80, 8080} {
		if s, _ := ask(t, number, serve, Verifier{}); s.Protocol != "http" || s.Transport != TransportTLS {
			t.Errorf("on %d: %v %q %v", number, s.Outcome, s.Protocol, s.Transport)
		}
	}
}

// peeked is a connection of which something was looked at already.
type peeked struct {
	net.Conn
	in io.Reader
}

func (p peeked) Read(b []byte) (int, error) { return p.in.Read(b) }

// TestWrongName holds that a certificate is checked against the name that the user
// knows, and against none if there is none.
func TestWrongName(t *testing.T) {
	cert, err := x509.ParseCertificate(selfSigned(t, ecKey(t)).Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]bool{"www.lab.example": false, "other.example": true, "": false} {
		var seen TLS
		if describe(&seen, []*x509.Certificate{cert}, host); seen.WrongName != want {
			t.Errorf("for %q: %v", host, seen.WrongName)
		}
	}
}

// TestTLSInFront holds that what the number tells is asked inside TLS, too, where TLS
// stands in front of a server that has none.
func TestTLSInFront(t *testing.T) {
	config := &tls.Config{Certificates: []tls.Certificate{selfSigned(t, ecKey(t))}}
	redis := lines("", map[string]string{"": "-NOAUTH Authentication required.\r\n"})
	memcached := lines("", map[string]string{"": "ERROR\r\n", "version": "VERSION 1.6.18\r\n"})
	broker := func(conn net.Conn) { // that closes on what is not its own
		buf := make([]byte, 512)
		for {
			n, err := conn.Read(buf)
			switch {
			case err != nil || n == 0:
				return
			case buf[0] == 0x10:
				conn.Write([]byte("\x20\x02\x00\x00"))
			case buf[0] == 0xc0:
				conn.Write([]byte("\xd0\x00"))
			default:
				return
			}
		}
	}
	for number, serve := range map[uint16]func(net.Conn){6379: redis, 6380: redis, 11211: memcached, 31000: redis, 31001: broker} {
		s, _ := ask(t, number, func(conn net.Conn) {
			session := tls.Server(conn, config)
			serve(session)
			session.Close()
		}, Verifier{})
		if s.Protocol != "redis" && s.Protocol != "memcached" && s.Protocol != "mqtt" || s.Transport != TransportTLS {
			t.Errorf("on %d: %v %q %v after %d connections", number, s.Outcome, s.Protocol, s.Transport, s.Connections)
		}
	}
}

// TestColdTLS holds that a first handshake that takes most of a second is waited for
// where the number tells of one.
func TestColdTLS(t *testing.T) {
	config := &tls.Config{Certificates: []tls.Certificate{selfSigned(t, ecKey(t))}}
	for _, number := range []uint16{443, 8443} {
		cold := true
		s, _ := ask(t, number, func(conn net.Conn) {
			if cold {
				time.Sleep(900 * time.Millisecond)
				cold = false
			}
			webOver(config)(conn)
		}, Verifier{})
		if s.Protocol != "http" || s.Transport != TransportTLS || s.Connections > 1 {
			t.Errorf("on %d: %v %q %v after %d connections", number, s.Outcome, s.Protocol, s.Transport, s.Connections)
		}
	}
}
