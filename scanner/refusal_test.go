package scanner

import (
	"net/netip"
	"testing"
)

// TestDoubted holds that a refusal that may be ICMP is never called closed.
func TestDoubted(t *testing.T) {
	far, near, mapped := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::ffff:127.0.0.1")
	closed, unreached := verdict{StateClosed, ReasonConnRefused}, verdict{StateClosed, ReasonPortUnreach}
	open, doubt := verdict{StateOpen, ReasonSynAck}, verdict{StateClosedFiltered, ReasonConnRefused}
	tcpByRST := func(udp bool) bool { return udp } // icmp_may_rst is 0
	always, never := func(bool) bool { return true }, func(bool) bool { return false }
	for _, c := range []struct {
		name  string
		v     verdict
		udp   bool
		addr  netip.Addr
		kind  func(bool) bool
		after verdict
	}{
		{"TCP", closed, false, far, always, doubt},
		{"UDP", unreached, true, far, always, doubt},
		{"TCP, where only an RST refuses", closed, false, far, tcpByRST, closed},
		{"UDP, where only an RST refuses", unreached, true, far, tcpByRST, doubt},
		{"a kernel that tells", closed, false, far, never, closed},
		{"loopback", closed, false, near, always, closed},
		{"IPv4-mapped loopback", closed, false, mapped, always, closed},
		{"open", open, false, far, always, open},
	} {
		if got := ambiguous(c.v, c.udp, c.addr, c.kind); got != c.after {
			t.Errorf("%s: %v, %v", c.name, got.state, got.reason)
		}
	}
}
