package verify

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
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

// tape is the connections to one port, in their order.
type tape struct {
	name        string
	proto       string
	port        uint16
	want        string
	connections [][]event
}

func (tp tape) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "server %s\nport %s %d\nwant %s\n", tp.name, tp.proto, tp.port, tp.want)
	for _, conn := range tp.connections {
		b.WriteString("connect\n")
		for _, e := range conn {
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
			tp.connections = append(tp.connections, nil)
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
			*last = append(*last, e)
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
	net.Conn
	mu     *sync.Mutex
	events *[]event
}

func (r recorder) note(kind string, data []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	*r.events = append(*r.events, event{kind, bytes.Clone(data)})
}

func (r recorder) Write(b []byte) (int, error) {
	r.note(">", b)
	return r.Conn.Write(b)
}

// CloseWrite is no event: it is told by the request before it.
func (r recorder) CloseWrite() error { return r.Conn.(*net.TCPConn).CloseWrite() }

func (r recorder) Read(b []byte) (int, error) {
	n, err := r.Conn.Read(b)
	if n > 0 {
		r.note("<", b[:n])
	}
	switch {
	case errors.Is(err, io.EOF):
		r.note("eof", nil)
	case errors.Is(err, syscall.ECONNRESET):
		r.note("reset", nil)
	}
	return n, err
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
		var mu sync.Mutex
		var all []*[]event
		v := Verifier{fixed: &recordNonce}
		v.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			events := new([]event)
			all = append(all, events)
			return recorder{conn, &mu, events}, nil
		}
		s, err := v.Verify(t.Context(), Target{Proto: fields[1], Addr: addr})
		if err != nil {
			t.Fatal(err)
		}
		if s.TLS != nil || s.Outcome != OutcomeIdentified {
			continue // what is inside TLS cannot be played again
		}
		for _, events := range all {
			tp.connections = append(tp.connections, *events)
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
					p := &player{events: left[0], changed: make(chan struct{})}
					left = left[1:]
					return p, nil
				}
				s, err := v.Verify(t.Context(), Target{Proto: tp.proto, Addr: netip.AddrPortFrom(netip.MustParseAddr("198.18.0.1"), tp.port)})
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
