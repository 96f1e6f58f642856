package hosts

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
)

// pointers answers addresses from a table.
type pointers map[string][]string

func (p pointers) LookupAddr(_ context.Context, addr string) ([]string, error) {
	if names, ok := p[addr]; ok {
		return names, &net.DNSError{Err: "some of them are invalid"}
	}
	if addr == "192.0.2.7" {
		return nil, &net.DNSError{Err: "server misbehaving", IsTemporary: true}
	}
	return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
}

func TestReverseName(t *testing.T) {
	long := strings.Repeat("a", 63)
	book := pointers{
		"192.0.2.1":   {"web.example.test."},
		"192.0.2.2":   {"b.example.test.", "a.example.test."},
		"192.0.2.3":   {"evil\x1b[31m.example.test.", "two words.example.test.", "a/b.", "<b>.", "-x.example.", "..", "", "192.0.2.9.", "é.example.", long + "b.example."},
		"192.0.2.4":   {"\u202egnp.example.", "good_1.Example-2."},
		"192.0.2.5":   {strings.Repeat(long+".", 4)},
		"fe80::1":     {"router.test."},
		"2001:db8::1": {"six.example.test"},
	}
	for addr, want := range map[string]string{
		"192.0.2.1": "web.example.test", "192.0.2.2": "a.example.test", "192.0.2.3": "", "192.0.2.4": "good_1.Example-2",
		"192.0.2.5": "", "192.0.2.6": "", "fe80::1%eth0": "router.test", "2001:db8::1": "six.example.test",
	} {
		got, err := ReverseName(context.Background(), book, netip.MustParseAddr(addr))
		if got != want || err != nil {
			t.Errorf("%s is %q, %v, not %q", addr, got, err, want)
		}
	}
	if got, err := ReverseName(context.Background(), book, netip.MustParseAddr("192.0.2.7")); err == nil {
		t.Errorf("without an answer: %q", got)
	}
}
