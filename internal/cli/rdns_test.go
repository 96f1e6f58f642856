package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/dns/dnsmessage"

	"porthole/internal/record"
	"porthole/internal/report"
)

// nameServer answers reverse look-ups on loopback from a table of names by
// their question, with no such name where there is none.
func nameServer(t *testing.T, book map[string][]string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	t.Cleanup(func() { conn.Close(); <-ended })
	go func() {
		defer close(ended)
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if answer, err := answerPTR(buf[:n], book); err == nil {
				conn.WriteTo(answer, from)
			}
		}
	}()
	server := conn.LocalAddr().String()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", server)
	}}
}

func answerPTR(question []byte, book map[string][]string) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(question); err != nil || len(m.Questions) != 1 {
		return nil, errors.New("no question")
	}
	q := m.Questions[0]
	names, known := book[q.Name.String()]
	m.Response, m.Additionals = true, nil
	if !known {
		m.RCode = dnsmessage.RCodeNameError
	}
	for _, name := range names {
		ptr, err := dnsmessage.NewName(name)
		if err != nil {
			return nil, err
		}
		m.Answers = append(m.Answers, dnsmessage.Resource{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Type: dnsmessage.TypePTR, Class: dnsmessage.ClassINET, TTL: 1},
			Body:   &dnsmessage.PTRResource{PTR: ptr},
		})
	}
	return m.Pack()
}

// TestRDNS scans addresses of loopback that have a name, two, one that means
// harm, and none.
func TestRDNS(t *testing.T) {
	book := map[string][]string{
		"1.9.9.127.in-addr.arpa.": {"web.example.test."},
		"2.9.9.127.in-addr.arpa.": {"zebra.example.test.", "ant.example.test."},
		"3.9.9.127.in-addr.arpa.": {"evil\x1b[31m.example.test."},
	}
	resolver := nameServer(t, book)
	port := loopbackPort(t, "127.9.9.1", "127.9.9.2", "127.9.9.3", "127.9.9.4")
	checkpoint := filepath.Join(t.TempDir(), "scan.ckpt")
	want := map[string]string{"127.9.9.1": "web.example.test", "127.9.9.2": "ant.example.test", "127.9.9.3": "", "127.9.9.4": ""}
	for _, args := range [][]string{
		{"127.9.9.1-127.9.9.4", "-p", port, "--rdns", "--resume", checkpoint},
		{"--resume", checkpoint}, // tells it again
	} {
		got := make(map[string]string)
		_, err := report.Read(strings.NewReader(scanWith(t, resolver, append(args, "-o", "jsonl")...)), func(r *record.Record) error {
			got[r.Addr] = r.RDNS
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: names (-want +got):\n%s", args, diff)
		}
	}
	if text := scanWith(t, resolver, "127.9.9.1", "-p", port, "-o", "jsonl"); strings.Contains(text, "rdns") {
		t.Errorf("names nobody asked for:\n%s", text)
	}
	for format, want := range map[string]string{
		"table": "web.example.test  tcp    127.9.9.1 ",
		"grep":  "Host: 127.9.9.1 (web.example.test)",
		"xml":   `<hostnames><hostname name="web.example.test" type="PTR"></hostname></hostnames>`,
		"html":  `<h2>127.9.9.1</h2> <span class="explain">web.example.test</span>`,
	} {
		if text := scanWith(t, resolver, "127.9.9.1", "-p", port, "--rdns", "-o", format); !strings.Contains(text, want) {
			t.Errorf("%s has no %q:\n%s", format, want, text)
		}
	}
}

// loopbackPort opens one port on several addresses.
func loopbackPort(t *testing.T, addrs ...string) string {
	t.Helper()
	port := "0"
	for _, addr := range addrs {
		l, err := net.Listen("tcp", net.JoinHostPort(addr, port))
		if err != nil {
			t.Skipf("this machine has no %s, or the port is taken there: %v", addr, err)
		}
		t.Cleanup(func() { l.Close() })
		port = strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	}
	return port
}

func scanWith(t *testing.T, resolver *net.Resolver, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	c := console{args: append([]string{"porthole", "scan", "-q"}, args...), in: strings.NewReader(""), out: &out, err: &errs,
		getenv: func(string) string { return "" }, resolver: resolver}
	if err := c.run(context.Background()); err != nil {
		t.Fatalf("%q: %v\n%s", args, err, &errs)
	}
	return out.String()
}

// slowServer answers when it is told to; nothing but the end of the look-up
// ends one that it does not answer.
type slowServer struct {
	asked  chan string
	answer map[string]chan string
}

func (s slowServer) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	s.asked <- addr
	select {
	case name := <-s.answer[addr]:
		return []string{name}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func newSlowReverse(ctx context.Context, addrs int) (*reverse, slowServer, *[]string) {
	s := slowServer{make(chan string, addrs), make(map[string]chan string)}
	for i := range addrs {
		s.answer[slowAddr(i).String()] = make(chan string, 1)
	}
	var written []string
	v := newReverse(ctx, s, func(r *record.Record) error {
		written = append(written, fmt.Sprintf("%s:%d %s", r.Addr, r.Port, r.RDNS))
		return nil
	})
	return v, s, &written
}

func slowAddr(i int) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, byte(i >> 8), byte(i)}) }

func (v *reverse) takeNth(t *testing.T, i int, port uint16) {
	t.Helper()
	addr := slowAddr(i)
	if err := v.take(addr, &record.Record{Addr: addr.String(), Port: port}); err != nil {
		t.Fatal(err)
	}
}

// TestReverseOnce holds that an address is looked up once, and that its records
// wait for it and no others do.
func TestReverseOnce(t *testing.T) {
	v, s, written := newSlowReverse(t.Context(), 2)
	v.takeNth(t, 0, 1)
	v.takeNth(t, 1, 1)
	v.takeNth(t, 0, 2)
	for range 2 {
		<-s.asked
	}
	s.answer["192.0.0.0"] <- "zero.test."
	n := <-v.done
	v.done <- n // as if take found it
	v.takeNth(t, 0, 3)
	want := []string{"192.0.0.0:1 zero.test", "192.0.0.0:2 zero.test", "192.0.0.0:3 zero.test"}
	if diff := cmp.Diff(want, *written); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.answer["192.0.0.1"] <- "one.test."
	if missed, err := v.finish(); missed != 0 || err != nil {
		t.Errorf("%d missed, %v", missed, err)
	}
	if want := append(want, "192.0.0.1:1 one.test"); !slices.Equal(want, *written) || len(s.asked) != 0 {
		t.Errorf("%q, asked again %d times", *written, len(s.asked))
	}
}

// TestReverseBounded holds the look-ups at once, the time of each and of all,
// and that every record is written whatever becomes of its look-up.
func TestReverseBounded(t *testing.T) {
	const addrs = 3 * rdnsAtOnce
	for _, test := range []struct {
		name           string
		timeout, grace time.Duration
		cancel         bool
		asked          int // at least
	}{
		{"each", time.Millisecond, time.Hour, false, addrs},
		{"all", time.Hour, time.Millisecond, false, rdnsAtOnce},
		{"interrupted", time.Hour, time.Hour, true, rdnsAtOnce},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			v, s, written := newSlowReverse(ctx, addrs)
			v.timeout, v.grace = test.timeout, test.grace
			for i := range addrs {
				v.takeNth(t, i, 1)
				if v.busy > rdnsAtOnce {
					t.Fatalf("%d look-ups at once", v.busy)
				}
			}
			if test.cancel {
				cancel()
			}
			missed, err := v.finish()
			if missed != addrs || err != nil || len(*written) != addrs || v.held != 0 {
				t.Errorf("%d missed, %v, %d written, %d held", missed, err, len(*written), v.held)
			}
			if len(s.asked) < test.asked {
				t.Errorf("%d asked", len(s.asked))
			}
		})
	}
}

// TestReverseHeld holds that no more records wait than there is memory meant
// for, and that the others go out at once.
func TestReverseHeld(t *testing.T) {
	v, _, written := newSlowReverse(t.Context(), 1)
	for port := range uint16(rdnsHeld) {
		v.takeNth(t, 0, port)
	}
	v.takeNth(t, 0, 60_000)
	if len(*written) != 1 || v.held != rdnsHeld {
		t.Errorf("%d written, %d held", len(*written), v.held)
	}
	v.cancel()
	if _, err := v.finish(); err != nil || len(*written) != rdnsHeld+1 {
		t.Errorf("%d written, %v", len(*written), err)
	}
}
