package cli

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"time"
)

// servers are what a holder can have answer on a port, by name. Each serves one
// connection.
func servers() map[string]func(net.Conn) {
	return map[string]func(net.Conn){
		"ssh":    func(c net.Conn) { greetAndRead(c, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n") },
		"ssh-10": func(c net.Conn) { greetAndRead(c, "SSH-2.0-OpenSSH_10.0\r\n") },
		"web":    servePage,
		"redis":  serveRedis,
		"imap":   serveIMAP,
		"silent": func(c net.Conn) { io.Copy(io.Discard, c) },
		"tls":    func(c net.Conn) { serveTLS(c, 5*24*time.Hour) },
		"tls-ok": func(c net.Conn) { serveTLS(c, 300*24*time.Hour) },
	}
}

// serve answers connections as one of the servers does.
func (s *socketSet) serve(kind, network, addr string) (net.Addr, error) {
	server := servers()[kind]
	if server == nil {
		return nil, fmt.Errorf("no server of kind %q", kind)
	}
	l, err := s.listenTCP(network, addr)
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				server(conn)
			}()
		}
	}()
	return l.Addr(), nil
}

func greetAndRead(c net.Conn, greeting string) {
	io.WriteString(c, greeting)
	io.Copy(io.Discard, c)
}

// servePage answers each request with a page.
func servePage(c net.Conn) {
	lines := bufio.NewReader(c)
	for first := true; ; {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		if first && !strings.HasPrefix(line, "GET ") {
			io.WriteString(c, "HTTP/1.1 400 Bad Request\r\nServer: nginx/1.22.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
			return
		}
		first = false
		if strings.TrimSpace(line) == "" {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")
			return
		}
	}
}

// serveRedis answers PING with its argument, and INFO, to anyone.
func serveRedis(c net.Conn) {
	lines := bufio.NewScanner(c)
	for lines.Scan() {
		var n int
		var words []string
		if _, err := fmt.Sscanf(lines.Text(), "*%d", &n); err == nil { // RESP: lengths and words in turn
			for i := 0; i < 2*n && lines.Scan(); i++ {
				words = append(words, lines.Text())
			}
		}
		switch {
		case len(words) == 4 && strings.EqualFold(words[1], "PING"):
			fmt.Fprintf(c, "$%d\r\n%s\r\n", len(words[3]), words[3])
		case len(words) >= 2 && strings.EqualFold(words[1], "INFO"):
			const info = "# Server\r\nredis_version:7.0.15\r\n"
			fmt.Fprintf(c, "$%d\r\n%s\r\n", len(info), info)
		default:
			io.WriteString(c, "-ERR unknown command\r\n")
		}
	}
}

// serveIMAP is a mail server without TLS.
func serveIMAP(c net.Conn) {
	io.WriteString(c, "* OK [CAPABILITY IMAP4rev1] Dovecot ready.\r\n")
	lines := bufio.NewScanner(c)
	for lines.Scan() {
		tag, word, _ := strings.Cut(lines.Text(), " ")
		if word == "CAPABILITY" {
			io.WriteString(c, "* CAPABILITY IMAP4rev1\r\n")
		}
		fmt.Fprintf(c, "%s OK done\r\n", tag)
	}
}

// serveTLS is servePage inside TLS, with a certificate that ends after a while.
func serveTLS(c net.Conn, ends time.Duration) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "www.example.test"}, DNSNames: []string{"www.example.test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(ends + time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return
	}
	session := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	servePage(session)
	session.Close()
}
