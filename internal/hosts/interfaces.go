package hosts

import (
	"iter"
	"net"
	"net/netip"
	"strconv"
)

// Interface is a network interface of this machine.
type Interface struct {
	Name     string
	Index    int
	Prefixes []netip.Prefix // its addresses
}

// Interfaces lists those of this network namespace.
func Interfaces() ([]Interface, error) {
	found, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var list []Interface
	for _, f := range found {
		i := Interface{Name: f.Name, Index: f.Index}
		addrs, err := f.Addrs()
		if err != nil {
			continue // it is gone
		}
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil {
				i.Prefixes = append(i.Prefixes, p)
			}
		}
		list = append(list, i)
	}
	return list, nil
}

// has reports whether the interface has an address.
func (i *Interface) has(a netip.Addr) bool {
	for _, p := range i.Prefixes {
		if p.Addr() == a {
			return true
		}
	}
	return false
}

// broadcastAddrs are the broadcast addresses of the interface's networks (RFC 919).
// Networks of two addresses have none (RFC 3021).
func (i *Interface) broadcastAddrs() iter.Seq[netip.Addr] {
	return func(yield func(netip.Addr) bool) {
		for _, p := range i.Prefixes {
			if a := p.Addr(); a.Is4() && !a.IsLoopback() && p.Bits() < 31 && !yield(addrOf(number(a)|(1<<(32-p.Bits())-1))) {
				return
			}
		}
	}
}

// broadcasts reports whether a is the broadcast address of a network of the
// interface.
func (i *Interface) broadcasts(a netip.Addr) bool {
	for b := range i.broadcastAddrs() {
		if a == b {
			return true
		}
	}
	return false
}

// isZone reports whether text names the interface.
func (i *Interface) isZone(text string) bool {
	return text == i.Name || text == strconv.Itoa(i.Index)
}

// zones are the names of the interfaces that reach link-local addresses.
func zones(list []Interface) (names []string) {
	for _, i := range list {
		for _, p := range i.Prefixes {
			if p.Addr().Is6() && p.Addr().IsLinkLocalUnicast() {
				names = append(names, i.Name)
				break
			}
		}
	}
	return names
}
