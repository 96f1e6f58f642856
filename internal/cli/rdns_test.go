package cli

import (
	"bytes"
	"context"
	"errors"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

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
		"xml":   "<hostnames><hostname name=\"web.example.test\" type=\"PTR\"></hostname>\n</hostnames>",
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
