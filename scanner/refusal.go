package scanner

import "net/netip"

// doubted is a verdict by a kernel that has one number for an RST and for what ICMP
// says. Such a refusal does not tell whether the host said that nothing listens, or
// somebody on the way that it is prohibited: [StateClosedFiltered]. On loopback there
// is nobody on the way.
func doubted(v verdict, udp bool, addr netip.Addr, icmpRefuses func(udp bool) bool) verdict {
	if v.state != StateClosed || addr.Unmap().IsLoopback() || !icmpRefuses(udp) {
		return v
	}
	return verdict{StateClosedFiltered, ReasonConnRefused}
}
