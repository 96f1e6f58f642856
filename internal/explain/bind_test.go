package explain

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"

	"porthole/internal/netlab"
	"porthole/internal/record"
)

// find returns the outcome of one try, "" if it was not made.
func find(b record.Bind, addr string, v6only, reuse bool) string {
	for _, t := range b.Tries {
		if t.Addr == addr && t.V6Only == v6only && t.ReuseAddr == reuse {
			return t.Outcome
		}
	}
	return ""
}

func loopbacks() []netip.Addr {
	return []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1")}
}

// apart calls f where no connection of another process takes a port, if this user may
// make network namespaces.
func apart(t *testing.T, f func()) {
	lab, err := netlab.New(netlab.Config{})
	if errors.Is(err, errors.ErrUnsupported) {
		f()
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer lab.Close()
	if err := lab.Target().Do(func() error { f(); return nil }); err != nil {
		t.Fatal(err)
	}
}

// TestTryBind checks each address beside what holds the port: a family does not
// block the other.
func TestTryBind(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("what blocks what is Linux's")
	}
	var lacking error
	apart(t, func() { lacking = testTryBind(t) })
	if lacking != nil {
		t.Skip(lacking)
	}
}

// testTryBind returns why a part could not be tried: not every machine has IPv6.
func testTryBind(t *testing.T) (lacking error) {
	const free, used, reuse, strict, v6, dual = record.BindFree, record.BindInUse, true, false, true, false
	type try struct {
		addr          string
		v6only, reuse bool
		want          string
	}
	for _, test := range []struct {
		name, network, addr string
		tries               []try
	}{
		{"a wildcard of IPv4", "tcp4", "0.0.0.0:0", []try{{"0.0.0.0", dual, reuse, used}, {"127.0.0.1", dual, reuse, used}, {"::", dual, reuse, used}, {"::", v6, reuse, free}, {"::1", v6, strict, free}}},
		{"a wildcard of IPv6 alone", "tcp6", "[::]:0", []try{{"0.0.0.0", dual, reuse, free}, {"127.0.0.1", dual, strict, free}, {"::", dual, reuse, used}, {"::", v6, reuse, used}, {"::1", v6, reuse, used}}},
		{"every address", "tcp", "[::]:0", []try{{"0.0.0.0", dual, reuse, used}, {"::1", v6, reuse, used}, {"127.0.0.1", dual, reuse, used}}},
		{"a single address", "tcp4", "127.0.0.2:0", []try{{"0.0.0.0", dual, reuse, used}, {"127.0.0.1", dual, reuse, free}, {"127.0.0.1", dual, strict, free}}},
		{"UDP", "udp4", "0.0.0.0:0", []try{{"0.0.0.0", dual, strict, used}, {"0.0.0.0", dual, reuse, ""}, {"::", v6, strict, free}}},
	} {
		func() { // not t.Run: a goroutine of its own would leave the namespace
			var port uint16
			if test.network[:3] == "udp" {
				conn, err := net.ListenPacket(test.network, test.addr)
				if err != nil {
					lacking = fmt.Errorf("%s: %w", test.name, err)
					return
				}
				defer conn.Close()
				port = uint16(conn.LocalAddr().(*net.UDPAddr).Port)
			} else {
				l, err := net.Listen(test.network, test.addr)
				if err != nil {
					lacking = fmt.Errorf("%s: %w", test.name, err)
					return
				}
				defer l.Close()
				port = uint16(l.Addr().(*net.TCPAddr).Port)
			}
			b := TryBind(t.Context(), test.network[:3], port, true, loopbacks())
			if b.Outcome != used {
				t.Errorf("%s: every address is %s", test.name, b.Outcome)
			}
			for _, try := range test.tries {
				if got := find(b, try.addr, try.v6only, try.reuse); got != try.want {
					t.Errorf("%s: %+v: %q", test.name, try, got)
				}
			}
		}()
	}
	return lacking
}

// TestTryBindFree checks that a port that nobody has is free, and that nothing holds
// it afterwards.
func TestTryBindFree(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := uint16(l.Addr().(*net.TCPAddr).Port)
	l.Close()
	for range 2 {
		b := TryBind(t.Context(), "tcp", port, false, loopbacks())
		if b.Outcome != record.BindFree || find(b, "127.0.0.1", false, reuseAddr()[0]) != record.BindFree {
			t.Errorf("%+v", b)
		}
	}
}

// TestFirstFree checks the outcome for ports that are held and ports that are free.
func TestFirstFree(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	held := uint16(l.Addr().(*net.TCPAddr).Port)
	if outcome, reason := everyAddress(t.Context(), "tcp", held); outcome != record.BindInUse || reason == "" {
		t.Skipf("%s, %s: this system allows a wildcard beside a loopback listener", outcome, reason)
	}
	free, err := FirstFree(t.Context(), "tcp", slices.Values([]uint16{0, held, held + 1, held + 2, held + 3, held + 4}))
	if err != nil || free == held || free == 0 {
		t.Errorf("the first free port is %d, %v", free, err)
	}
	if _, err := FirstFree(t.Context(), "tcp", slices.Values([]uint16{held})); !strings.HasPrefix(fmt.Sprint(err), fmt.Sprintf("tcp port %d cannot be bound: ", held)) {
		t.Errorf("one port: %v", err)
	}
	if _, err := FirstFree(t.Context(), "tcp", slices.Values([]uint16{held, 0, held})); fmt.Sprint(err) != "none of 2 tcp ports can be bound: 2 in use" {
		t.Errorf("two ports: %v", err)
	}
	if _, err := FirstFree(t.Context(), "tcp", slices.Values([]uint16{0})); fmt.Sprint(err) != "no port was named that a server can have" {
		t.Errorf("port 0: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := FirstFree(ended, "tcp", slices.Values([]uint16{held})); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestHeldUDP checks the outcome for a UDP port that is held.
func TestHeldUDP(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if outcome, _ := everyAddress(t.Context(), "udp", uint16(conn.LocalAddr().(*net.UDPAddr).Port)); outcome != record.BindInUse {
		t.Errorf("a held UDP port is %s", outcome)
	}
}
