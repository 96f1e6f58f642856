package scanner

import (
	"context"
	"errors"
	"iter"
	"net"
	"net/netip"
	"slices"
	"testing"
)

// everyPort is a target for each port of addr.
func everyPort(addr netip.Addr, proto string) iter.Seq[Target] {
	return portRange(addr, proto, 1, 65535)
}

// portRange is a target for each port of addr from first to last.
func portRange(addr netip.Addr, proto string, first, last int) iter.Seq[Target] {
	return func(yield func(Target) bool) {
		for port := first; port <= last; port++ {
			if !yield(Target{Proto: proto, Addr: netip.AddrPortFrom(addr, uint16(port))}) {
				return
			}
		}
	}
}

// targets is a target for each of addrs.
func targets(proto string, addrs ...netip.AddrPort) iter.Seq[Target] {
	return func(yield func(Target) bool) {
		for _, a := range addrs {
			if !yield(Target{Proto: proto, Addr: a}) {
				return
			}
		}
	}
}

// scanAll is every verdict of a scan that must end without an error.
func scanAll(t *testing.T, s *Scanner, ts iter.Seq[Target]) map[netip.AddrPort]Result {
	t.Helper()
	got := make(map[netip.AddrPort]Result)
	for r, err := range s.Scan(context.Background(), ts) {
		if err != nil {
			t.Fatalf("the scan ended early: %v", err)
		}
		if _, twice := got[r.Addr]; twice {
			t.Errorf("%v has two verdicts", r.Addr)
		}
		got[r.Addr] = r
	}
	return got
}

// scanOne is the verdict about one address.
func scanOne(t *testing.T, s *Scanner, proto string, addr netip.AddrPort) Result {
	t.Helper()
	got := scanAll(t, s, targets(proto, addr))
	r, ok := got[addr]
	if !ok || len(got) != 1 {
		t.Fatalf("one target was asked, the verdicts are %v", got)
	}
	return r
}

// wantVerdict checks a verdict and that its evidence is whole.
func wantVerdict(t *testing.T, r Result, state State, reason Reason) {
	t.Helper()
	if r.State != state || r.Reason != reason {
		t.Errorf("%s %v: got %v/%v (error %v), want %v/%v", r.Proto, r.Addr, r.State, r.Reason, r.Err, state, reason)
	}
	if r.At.IsZero() || r.Attempts < 1 {
		t.Errorf("%s %v: verdict at %v after %d attempts", r.Proto, r.Addr, r.At, r.Attempts)
	}
	silent := r.Reason == ReasonNoResponse
	if answered := r.State == StateOpen || r.State == StateClosed; answered != (r.RTT > 0) || silent && r.RTT != 0 {
		t.Errorf("%s %v is %v/%v with a round trip of %v", r.Proto, r.Addr, r.State, r.Reason, r.RTT)
	}
	if wantErr := r.State != StateOpen && !silent; wantErr != (r.Err != nil) {
		t.Errorf("%s %v is %v/%v with error %v", r.Proto, r.Addr, r.State, r.Reason, r.Err)
	}
}

// loopbacks are the addresses that real sockets may use in tests, by name.
func loopbacks(t *testing.T) map[string]netip.Addr {
	t.Helper()
	all := map[string]netip.Addr{"IPv4": netip.MustParseAddr("127.0.0.1")}
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Logf("IPv6 is left out: this machine has no ::1: %v", err)
		return all
	}
	l.Close()
	all["IPv6"] = netip.IPv6Loopback()
	return all
}

// openTCP listens on a port of addr until the test ends and takes connections.
func openTCP(t *testing.T, addr netip.Addr) netip.AddrPort {
	t.Helper()
	l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(addr, 0)))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				c.Close()
			}
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().(*net.TCPAddr).AddrPort()
}

// closedTCP is a port of addr on which nobody can listen while the test runs:
// a connection of ours has it, and has bound it, or the next connection to another
// server might have it too.
func closedTCP(t *testing.T, addr netip.Addr) netip.AddrPort {
	t.Helper()
	server := openTCP(t, addr)
	c, err := net.DialTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(addr, 0)), net.TCPAddrFromAddrPort(server))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.LocalAddr().(*net.TCPAddr).AddrPort()
}

// openUDP answers datagrams on a port of addr until the test ends, each with
// what answer makes of it; nil is no answer.
func openUDP(t *testing.T, addr netip.Addr, answer func(request []byte) []byte) netip.AddrPort {
	t.Helper()
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, 0)))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 65535)
		for {
			n, from, err := c.ReadFromUDPAddrPort(buf)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				continue
			}
			if reply := answer(slices.Clone(buf[:n])); reply != nil {
				_, _ = c.WriteToUDPAddrPort(reply, from) // the test sees what is missing
			}
		}
	}()
	t.Cleanup(func() { c.Close(); <-done })
	return c.LocalAddr().(*net.UDPAddr).AddrPort()
}

// closedUDP is a port of addr that refuses datagrams while the test runs: a
// socket of ours has it that is connected to somebody else.
func closedUDP(t *testing.T, addr netip.Addr) netip.AddrPort {
	t.Helper()
	other := openUDP(t, addr, func([]byte) []byte { return nil })
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(other))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.LocalAddr().(*net.UDPAddr).AddrPort()
}

// freeTCP and freeUDP are ports that were free a moment ago.
func freeTCP(t *testing.T, addr netip.Addr) netip.AddrPort {
	t.Helper()
	l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(addr, 0)))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).AddrPort()
}

func freeUDP(t *testing.T, addr netip.Addr) netip.AddrPort {
	t.Helper()
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, 0)))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).AddrPort()
}
