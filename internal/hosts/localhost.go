package hosts

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// Localhost is a [Resolver] for which localhost is every loopback address of this
// machine, as RFC 6761 section 6.3 wants it, whatever the hosts file has: many have
// 127.0.0.1 and not ::1.
type Localhost struct {
	Resolver
	Interfaces func() ([]net.Addr, error) // net.InterfaceAddrs, or a stand-in for it
}

// LookupNetIP adds the loopback addresses to those of localhost and the names below
// it.
func (l Localhost) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	addrs, err := l.Resolver.LookupNetIP(ctx, network, host)
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	if name != "localhost" && !strings.HasSuffix(name, ".localhost") {
		return addrs, err
	}
	here, ifErr := l.Interfaces()
	if ifErr != nil {
		return addrs, err
	}
	for _, loopback := range []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()} {
		wanted := network == "ip" || (network == "ip4") == loopback.Is4()
		if wanted && assigned(here, loopback) && !containsAddr(addrs, loopback) {
			addrs, err = append(addrs, loopback), nil
		}
	}
	return addrs, err
}

func containsAddr(addrs []netip.Addr, a netip.Addr) bool {
	return slices.ContainsFunc(addrs, func(b netip.Addr) bool { return b.Unmap() == a })
}

// assigned reports whether an interface has the address: with IPv6 disabled none
// has ::1.
func assigned(here []net.Addr, a netip.Addr) bool {
	return slices.ContainsFunc(here, func(addr net.Addr) bool {
		ip, isNet := addr.(*net.IPNet)
		if !isNet {
			return false
		}
		b, ok := netip.AddrFromSlice(ip.IP)
		return ok && b.Unmap() == a
	})
}
