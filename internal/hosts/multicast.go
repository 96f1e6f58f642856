package hosts

import (
	"net/netip"

	"go4.org/netipx"
)

// multicast are the addresses of groups of hosts (RFC 5771, RFC 4291 section 2.7),
// and the broadcast to everybody on the link (RFC 919).
func multicast() []netipx.IPRange {
	return []netipx.IPRange{
		netipx.RangeOfPrefix(netip.MustParsePrefix("224.0.0.0/4")),
		netipx.RangeOfPrefix(netip.MustParsePrefix("255.255.255.255/32")),
		netipx.RangeOfPrefix(netip.MustParsePrefix("ff00::/8")),
	}
}

// noHosts returns why not one address of a target is that of a host; "" if one may
// be.
func noHosts(t *Target) string {
	for _, r := range t.Ranges {
		if noHost(r.From()) == "" || noHost(r.From()) != noHost(r.To()) {
			return ""
		}
	}
	if len(t.Ranges) == 0 {
		return ""
	}
	return noHost(t.Ranges[0].From())
}

// noHost returns why an address is not that of a host; "" if it may be.
func noHost(a netip.Addr) string {
	switch a = a.WithZone("").Unmap(); {
	case a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return "the broadcast address is not a host"
	case a.IsMulticast():
		return "a multicast address is not a host"
	}
	return ""
}
