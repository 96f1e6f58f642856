package verify

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// The folder testdata/servers holds whole conversations with real servers, as
// this package had them. Playing them again shows that it still asks the same
// and says the same.
//
//	go run ./internal/bench verify -peer=false -record scanner/verify/testdata/servers
//
// makes them anew; it runs TestRecord beside the servers.
var record = flag.String("record", "", "a file of `name proto address` lines: record those servers into testdata/servers")

// event is one step of a recorded connection: ">" sent, "<" came, "eof" or
// "reset".
type event struct {
	kind string
	data []byte
}

// recorded is one connection.
type recorded struct {
	inTLS  bool   // events is what passed inside TLS
	alpn   string // what the server chose there (RFC 7301); "" for nothing
	events []event
}

// tape is the connections to one port, in their order.
type tape struct {
	name        string
	proto       string
	port        uint16
	want        string
	connections []recorded
}

func (tp tape) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "server %s\nport %s %d\nwant %s\n", tp.name, tp.proto, tp.port, tp.want)
	for _, conn := range tp.connections {
		b.WriteString("connect")
		if conn.inTLS {
			b.WriteString(strings.TrimRight(" tls "+conn.alpn, " "))
		}
		b.WriteString("\n")
		for _, e := range conn.events {
			if e.data == nil {
				b.WriteString(e.kind + "\n")
			} else {
				fmt.Fprintf(&b, "%s %q\n", e.kind, e.data)
			}
		}
	}
	return b.String()
}

func readTape(text string) (tp tape, err error) {
	for line := range strings.Lines(text) {
		word, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch word {
		case "server":
			tp.name = rest
		case "port":
			var n int
			if _, err := fmt.Sscanf(rest, "%s %d", &tp.proto, &n); err != nil {
				return tp, err
			}
			tp.port = uint16(n)
		case "want":
			tp.want = rest
		case "connect":
			transport, alpn, _ := strings.Cut(rest, " ")
			tp.connections = append(tp.connections, recorded{inTLS: transport == "tls", alpn: alpn})
		case ">", "<", "eof", "reset":
			if len(tp.connections) == 0 {
				return tp, errors.New("an event before the first connection")
			}
			e := event{kind: word}
			if rest != "" {
				data, err := strconv.Unquote(rest)
				if err != nil {
					return tp, err
				}
				e.data = []byte(data)
			}
			last := &tp.connections[len(tp.connections)-1]
			last.events = append(last.events, e)
		}
	}
	if tp.proto == "" {
		return tp, errors.New("it names no port")
	}
	return tp, nil
}

// said is what a tape's want line holds.
func said(s Service) string {
	return fmt.Sprintf("%v %q %v %q %q protocol %q starttls %v open %v asks %v by %q in %q", s.Outcome, s.Protocol, s.Transport, s.Product, s.Version,
		s.ProtocolVersion, s.StartTLS, s.AnswersWithoutCredentials, s.WantsCredentials, s.Evidence.Request, s.Evidence.Product)
}

// recorder keeps what passes through a connection.
type recorder struct {
	mu sync.Mutex
	recorded
}

func (r *recorder) note(kind string, data []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, event{kind, bytes.Clone(data)})
}

// noteRead notes what a Read of the server returned.
func (r *recorder) noteRead(data []byte, err error) {
	if len(data) > 0 {
		r.note("<", data)
	}
	switch {
	case errors.Is(err, io.EOF):
		r.note("eof", nil)
	case errors.Is(err, syscall.ECONNRESET):
		r.note("reset", nil)
	}
}

// recording is a connection that is recorded.
type recording struct {
	net.Conn
	r *recorder
}

func (c recording) Write(b []byte) (int, error) {
	c.r.note(">", b)
	return c.Conn.Write(b)
}

// CloseWrite is no event: it is told by the request before it.
func (c recording) CloseWrite() error { return c.Conn.(*net.TCPConn).CloseWrite() }

func (c recording) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.r.noteRead(b[:n], err)
	return n, err
}

// openTLS returns a connection to what stands between a client and the server: it makes
// TLS with both if the client begins with TLS, and records what passes inside.
func openTLS(server net.Conn, r *recorder, certificate tls.Certificate) net.Conn {
	ours, client := net.Pipe()
	go func() {
		defer client.Close()
		defer server.Close()
		in := bufio.NewReader(client)
		if first, err := in.Peek(1); err != nil || first[0] != recordHandshake {
			go func() {
				io.Copy(recording{server, r}, in)
				server.Close()
			}()
			io.Copy(client, recording{server, r})
			return
		}
		var to *tls.Conn
		from := tls.Server(peeked{client, in}, &tls.Config{Certificates: []tls.Certificate{certificate}, GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			to = tls.Client(server, tlsConfig(hello.ServerName, tls.VersionTLS10, tls.VersionTLS13, hello.SupportedProtos))
			if err := to.Handshake(); err != nil {
				return nil, err
			}
			r.inTLS, r.alpn = true, to.ConnectionState().NegotiatedProtocol
			return insideConfig(certificate, r.alpn), nil
		}})
		if from.Handshake() != nil {
			return
		}
		go func() {
			io.Copy(recording{to, r}, from)
			server.Close()
		}()
		io.Copy(from, recording{to, r})
		from.Close()
	}()
	return ours
}

// insideConfig is that of a server of TLS which chooses alpn if there is one.
func insideConfig(certificate tls.Certificate, alpn string) *tls.Config {
	config := &tls.Config{Certificates: []tls.Certificate{certificate}}
	if alpn != "" {
		config.NextProtos = []string{alpn}
	}
	return config
}

// record asks the server at addr, on connections that wrap makes recorded ones of, and
// keeps them.
func (tp *tape) record(t *testing.T, addr netip.AddrPort, wrap func(net.Conn, *recorder) net.Conn) Service {
	t.Helper()
	var all []*recorder
	v := Verifier{fixed: &recordNonce}
	v.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		r := new(recorder)
		all = append(all, r)
		return wrap(conn, r), nil
	}
	s, err := v.Verify(t.Context(), Target{Proto: tp.proto, Addr: addr})
	if err != nil {
		t.Fatal(err)
	}
	tp.connections = nil
	for _, r := range all {
		r.mu.Lock()
		tp.connections = append(tp.connections, recorded{r.inTLS, r.alpn, slices.Clone(r.events)})
		r.mu.Unlock()
	}
	return s
}

// TestRecord makes the tapes; see record.
func TestRecord(t *testing.T) {
	if *record == "" {
		t.Skip("it records real servers, for -record")
	}
	list, err := os.ReadFile(*record)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(list)) {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			t.Fatalf("line %q of %s is not: name proto address", line, *record)
		}
		addr := netip.MustParseAddrPort(fields[2])
		tp := tape{name: fields[0], proto: fields[1], port: addr.Port()}
		s := tp.record(t, addr, func(conn net.Conn, r *recorder) net.Conn { return recording{conn, r} })
		if s.TLS != nil { // once more, with an end of TLS between, which sees what is inside
			certificate := selfSigned(t, ecKey(t))
			s = tp.record(t, addr, func(conn net.Conn, r *recorder) net.Conn { return openTLS(conn, r, certificate) })
		}
		if s.Outcome != OutcomeIdentified {
			continue
		}
		tp.want = said(s)
		name := fmt.Sprintf("%s-%s-%d.txt", tp.name, tp.proto, tp.port)
		if err := os.WriteFile(filepath.Join("testdata", "servers", name), []byte(tp.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// player is a connection that answers as a tape says.
type player struct {
	mu       sync.Mutex
	events   []event
	sent     int // bytes that were written since the last answer
	deadline time.Time
	changed  chan struct{}
	gone     bool
}

func (p *player) Read(b []byte) (int, error) {
	for {
		p.mu.Lock()
		for len(p.events) > 0 && p.events[0].kind == ">" && p.sent > 0 {
			p.sent = max(0, p.sent-len(p.events[0].data))
			p.events = p.events[1:]
		}
		if p.gone {
			p.mu.Unlock()
			return 0, net.ErrClosed
		}
		if len(p.events) > 0 && p.events[0].kind != ">" {
			e := p.events[0]
			n := copy(b, e.data)
			if p.events[0].data = e.data[n:]; n == len(e.data) {
				p.events = p.events[1:]
			}
			p.mu.Unlock()
			switch e.kind {
			case "eof":
				return 0, io.EOF
			case "reset":
				return 0, syscall.ECONNRESET
			}
			return n, nil
		}
		changed, deadline := p.changed, p.deadline
		p.mu.Unlock()
		left := time.Until(deadline)
		if left <= 0 {
			return 0, os.ErrDeadlineExceeded
		}
		select {
		case <-changed:
		case <-time.After(left):
			return 0, os.ErrDeadlineExceeded
		}
	}
}

func (p *player) wake() {
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *player) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent += len(b)
	p.wake()
	return len(b), nil
}

func (p *player) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gone = true
	p.wake()
	return nil
}

func (p *player) SetReadDeadline(t time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deadline = t
	p.wake()
	return nil
}

func (p *player) SetDeadline(t time.Time) error    { return p.SetReadDeadline(t) }
func (p *player) SetWriteDeadline(time.Time) error { return nil }
func (p *player) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (p *player) RemoteAddr() net.Addr             { return &net.TCPAddr{} }

// playInside returns a connection to a server of TLS that plays p inside.
func playInside(p *player, config *tls.Config) net.Conn {
	ours, theirs := net.Pipe()
	session := tls.Server(theirs, config)
	p.deadline = time.Now().Add(time.Hour)
	go func() {
		defer p.Close()
		if session.Handshake() != nil {
			return
		}
		go func() {
			io.Copy(session, p)
			session.Close()
		}()
		io.Copy(p, session)
		theirs.Close()
	}()
	return ours
}

func tapes(t testing.TB) []tape {
	t.Helper()
	files, err := filepath.Glob("testdata/servers/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recorded servers: %v", err)
	}
	var list []tape
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tp, err := readTape(string(text))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		list = append(list, tp)
	}
	return list
}

// TestReplay plays every conversation again, in virtual time.
func TestReplay(t *testing.T) {
	for _, tp := range tapes(t) {
		t.Run(fmt.Sprintf("%s/%s/%d", tp.name, tp.proto, tp.port), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if tp.proto == "tcp" && tp.name == "daytime" || tp.name == "time" || tp.name == "daytime-udp" || tp.name == "time-udp" || tp.name == "nsca" {
					t.Skip("its answer was right on one day")
				}
				left := tp.connections
				v := Verifier{fixed: &recordNonce}
				v.Dial = func(context.Context, string, string) (net.Conn, error) {
					if len(left) == 0 {
						return nil, errors.New("more connections than were recorded")
					}
					p := &player{events: left[0].events, changed: make(chan struct{})}
					inTLS, alpn := left[0].inTLS, left[0].alpn
					if left = left[1:]; inTLS {
						return playInside(p, insideConfig(selfSigned(t, ecKey(t)), alpn)), nil
					}
					return p, nil
				}
				addr := netip.MustParseAddr("198.18.0.1")
				if strings.Contains(tp.String(), `Host: localhost\r\n`) { // nothing else is called that
					addr = netip.MustParseAddr("127.0.0.1")
				}
				s, err := v.Verify(t.Context(), Target{Proto: tp.proto, Addr: netip.AddrPortFrom(addr, tp.port)})
				if err != nil {
					t.Fatal(err)
				}
				if got := said(s); got != tp.want {
					t.Errorf("got  %s\nwant %s", got, tp.want)
				}
				if len(left) != 0 {
					t.Errorf("%d recorded connections were not made", len(left))
				}
			})
		})
	}
}
