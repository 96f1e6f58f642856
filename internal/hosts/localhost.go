package hosts

import (
	"context"
	"errors"
	"net/netip"
	"strings"
)

// Localhost is a [Resolver] for which localhost is every loopback address of this
// machine, as RFC 6761 section 6.3 wants it, whatever the hosts file has: many have
// 127.0.0.1 and not ::1. Where the interfaces cannot be listed, it is both addresses.
// No name server is asked for it.
type Localhost struct {
	Resolver
	Interfaces func() ([]Interface, error) // [Interfaces], or a stand-in for it
}

// LookupNetIP knows localhost and the names below it, and asks the Resolver for
// others.
func (l Localhost) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	if name != "localhost" && !strings.HasSuffix(name, ".localhost") {
		return l.Resolver.LookupNetIP(ctx, network, host)
	}
	here, err := l.Interfaces()
	unread := err != nil // as under an emulator: then both addresses are asked
	var addrs []netip.Addr
	found := false
	for _, loopback := range []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()} {
		if !unread && !assigned(here, loopback) { // with IPv6 disabled nobody has ::1
			continue
		}
		found = true
		if network == "ip" || (network == "ip4") == loopback.Is4() {
			addrs = append(addrs, loopback)
		}
	}
	if !found {
		return nil, errNoLoopback
	}
	return addrs, nil
}

var errNoLoopback = errors.New("this machine has no loopback address; is the interface lo up?")

// assigned reports whether an interface has the address.
func assigned(here []Interface, a netip.Addr) bool {
	for i := range here {
		if here[i].has(a) {
			return true
		}
	}
	return false
}
