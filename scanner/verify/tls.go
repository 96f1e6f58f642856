package verify

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// tlsConfig offers all that crypto/tls knows, for we want to see the server and
// not to trust it. The shares of keys that would make the ClientHello large are
// left out.
func tlsConfig(host string, oldest, newest uint16, alpn []string) *tls.Config {
	var suites []uint16
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		suites = append(suites, s.ID)
	}
	return &tls.Config{
		ServerName:         host,
		InsecureSkipVerify: true, // what is wrong with a certificate is said in TLS.Trust
		MinVersion:         oldest,
		MaxVersion:         newest,
		NextProtos:         alpn,
		CipherSuites:       suites,
		CurvePreferences:   []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521},
	}
}

// firstWait ends a handshake early if the server says nothing at all, and gives
// one that has begun more time.
type firstWait struct {
	*link
	first waitFunc
	rest  time.Duration
	began time.Time
	heard int
	plain bool // what was heard does not begin as TLS does
	over  bool // the handshake has ended
}

// What a server of TLS may begin with (RFC 8446 section 5.1).
const recordAlert, recordHandshake = 21, 22

// wait is how long the server may take, from the beginning.
func (f *firstWait) wait() time.Duration {
	if f.heard > 0 && !f.plain {
		return f.rest
	}
	return f.first()
}

func (f *firstWait) Read(b []byte) (n int, err error) {
	if f.over {
		return f.link.Read(b)
	}
	for late := false; ; {
		until := f.began.Add(f.wait())
		if late {
			until = time.Now().Add(lastRead)
		}
		f.SetReadDeadline(earlier(until, time.Now().Add(recheckEvery)))
		n, err = f.link.Read(b)
		if f.heard == 0 && n > 0 {
			f.plain = b[0] != recordAlert && b[0] != recordHandshake
		}
		f.heard += n
		if n > 0 || late || !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
		late = !time.Now().Before(f.began.Add(f.wait()))
	}
}

// handshake makes TLS of the current connection. Where that fails, r is what the
// server said instead; p.secure tells whether that was TLS, too.
func (p *port) handshake(ctx context.Context) (r reply, ok bool) {
	seen, before := &TLS{}, len(p.under.in)
	config := tlsConfig(p.t.Host, tls.VersionTLS10, tls.VersionTLS13, []string{"h2", "http/1.1"})
	if p.noALPN {
		config.NextProtos = nil
	}
	watch(config, seen)
	conn := &firstWait{link: p.under, first: p.helloWait, rest: 4 * p.wait(), began: time.Now()}
	session := tls.Client(conn, config)
	err := session.HandshakeContext(ctx)
	conn.over = true
	r.data = p.under.in[before:]
	if err == nil {
		seen.ALPN = session.ConnectionState().NegotiatedProtocol
		p.s.TLS, p.secure, p.cur, p.used = seen, true, session, false
		p.note(reply{data: r.data})
		return r, true
	}
	p.used = true
	seen.Alert, _ = alertOf(err)
	if readTLS(r.data) == yes && !echoed(r.data, p.under.out) {
		if p.s.TLS == nil || p.s.TLS.Version == "" {
			p.s.TLS = seen
		}
		p.secure = true
		p.noALPN = p.noALPN || seen.Alert == noApplicationProtocol
	}
	if r.end = endingOf(err); !p.secure && len(r.data) > 0 {
		r.end = quiet // crypto/tls gave up, the server need not have
		more := exchange(p.under, nil, p.wait, mostBytes, func(reply) verdict { return no })
		r.data, r.end = p.under.in[before:], more.end
	}
	p.helloTook = time.Since(conn.began)
	if p.reaction.hello = p.behaviorOf(r, p.helloTook); p.reaction.hello == waits {
		p.silences++
	}
	p.note(r)
	return r, false
}

// helloWait is how long the first of a handshake may take: where the number tells of
// TLS, as long as other answers that a number lets expect. The first handshake of a Java
// program takes most of a second.
func (p *port) helloWait() time.Duration {
	if _, inTLS := p.known(); (inTLS || p.secure) && p.lateGreeting() >= 0 {
		return max(p.wait(), expectedAnswer)
	}
	return p.wait()
}

// noApplicationProtocol is the alert of RFC 7301 section 3.2 in crypto/tls's words.
const noApplicationProtocol = "no application protocol"

// watch keeps the certificates of a handshake, also of one that fails later.
func watch(config *tls.Config, seen *TLS) {
	host := config.ServerName
	config.VerifyConnection = func(state tls.ConnectionState) error {
		seen.Version = tls.VersionName(state.Version)[len("TLS "):]
		if len(state.PeerCertificates) > 0 {
			describe(seen, state.PeerCertificates, host)
		}
		return nil
	}
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		seen.ClientCertificate = true
		return new(tls.Certificate), nil
	}
}

// describe fills in what the certificate says.
func describe(seen *TLS, chain []*x509.Certificate, host string) {
	cert := chain[0]
	seen.Subject, seen.Issuer = cert.Subject.String(), cert.Issuer.String()
	seen.Names = append([]string(nil), cert.DNSNames...)
	for _, ip := range cert.IPAddresses {
		seen.Names = append(seen.Names, ip.String())
	}
	seen.NotBefore, seen.NotAfter = cert.NotBefore, cert.NotAfter
	// CheckSignatureFrom would want a certificate that may sign others.
	seen.SelfSigned = bytes.Equal(cert.RawSubject, cert.RawIssuer) &&
		cert.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature) == nil
	seen.Key, seen.Signature = keyWords(cert.PublicKey), cert.SignatureAlgorithm.String()
	sum := sha256.Sum256(cert.Raw)
	seen.Fingerprint = hex.EncodeToString(sum[:])
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	if _, err := cert.Verify(x509.VerifyOptions{DNSName: host, Intermediates: between}); err != nil {
		seen.Trust = err.Error()
	}
	seen.WrongName = host != "" && cert.VerifyHostname(host) != nil
}

func keyWords(key any) string {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("rsa-%d", k.N.BitLen())
	case *ecdsa.PublicKey:
		return fmt.Sprintf("ecdsa-%d", k.Curve.Params().BitSize)
	case ed25519.PublicKey:
		return "ed25519"
	}
	return "unknown"
}

// upgrade makes a handshake on the plain current connection, after the server
// consented.
func (p *port) upgrade(host string) (*TLS, bool) {
	seen := &TLS{}
	config := tlsConfig(host, tls.VersionTLS10, tls.VersionTLS13, nil)
	watch(config, seen)
	conn := &firstWait{link: p.under, first: fixedWait(4 * p.wait()), rest: 4 * p.wait(), began: time.Now()}
	session := tls.Client(conn, config)
	err := session.Handshake()
	conn.over = true
	if err != nil {
		return seen, seen.Fingerprint != ""
	}
	p.cur = session
	return seen, true
}

// askOldTLS makes the second handshake of [Verifier.OldTLS].
func (p *port) askOldTLS(ctx context.Context) {
	p.hangUp()
	if p.opened >= mostConnections || ctx.Err() != nil {
		return
	}
	conn, err := p.dial(ctx)
	if err != nil {
		return
	}
	p.opened++
	p.under = newLink(ctx, conn)
	defer p.hangUp()
	config := tlsConfig(p.t.Host, tls.VersionTLS10, tls.VersionTLS11, nil)
	session := tls.Client(&firstWait{link: p.under, first: p.wait, rest: 4 * p.wait(), began: time.Now()}, config)
	if session.HandshakeContext(ctx) == nil {
		p.s.TLS.Old = tls.VersionName(session.ConnectionState().Version)[len("TLS "):]
	}
}

// readTLS says whether in is what a TLS server answers a ClientHello with: a
// whole alert, or a record that begins a ServerHello (RFC 8446 section 5.1, 4.1.3).
func readTLS(in []byte) verdict {
	const serverHello, header = 2, 5
	if len(in) == 0 {
		return partial
	}
	if in[0] != recordAlert && in[0] != recordHandshake {
		return no
	}
	if len(in) > 1 && in[1] != 3 || len(in) > 2 && in[2] > 4 {
		return no
	}
	if len(in) < header+2 {
		return partial
	}
	length := int(in[3])<<8 | int(in[4])
	if in[0] == recordAlert {
		fits := length == 2 && (in[5] == 1 || in[5] == 2) && knownAlert(in[6])
		return yesIf(fits)
	}
	if in[5] != serverHello || length < 42 || length > 1<<14 {
		return no
	}
	if len(in) < header+4 {
		return partial
	}
	hello := int(in[6])<<16 | int(in[7])<<8 | int(in[8])
	return yesIf(hello >= 38 && hello < 1<<14)
}

// knownAlert reports that an alert is one of RFC 8446 section 6 or of the
// versions before.
func knownAlert(n uint8) bool {
	switch {
	case n == 0, n == 10, n >= 20 && n <= 22, n == 30, n >= 40 && n <= 51, n == 60, n == 70, n == 71, n == 80, n == 86, n == 90, n == 100,
		n >= 109 && n <= 116, n == 120:
		return true
	}
	return false
}

// wantsTLS reports that an HTTP server says its port speaks TLS: the words of
// nginx, Apache and Go for a plain request.
func wantsTLS(body string) bool {
	for _, words := range []string{
		"plain HTTP request was sent to HTTPS port",
		"speaking plain HTTP to an SSL-enabled server port",
		"Client sent an HTTP request to an HTTPS server",
		"This combination of host and port requires TLS", // Tomcat
		"This web server is running in SSL mode",         // Webmin
	} {
		if strings.Contains(body, words) {
			return true
		}
	}
	return false
}
