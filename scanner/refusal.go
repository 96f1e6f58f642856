package scanner

import "net/netip"

// ambiguous makes a refusal [StateClosedFiltered] where the kernel reports an RST and
// ICMP "administratively prohibited" by the same number: either the host said that
// nothing listens, or a router on the way that it is prohibited. On loopback there are
// no routers.
func ambiguous(v verdict, udp bool, addr netip.Addr, icmpRefuses func(udp bool) bool) verdict {
	if v.state != StateClosed || addr.Unmap().IsLoopback() || !icmpRefuses(udp) {
		return v
	}
	return verdict{StateClosedFiltered, ReasonConnRefused}
}
