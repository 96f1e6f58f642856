package hosts

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"
)

// Family picks the address families to scan.
type Family string

const (
	Any  Family = "ip" // every A and AAAA record of a name, if this machine has the family
	IPv4 Family = "ip4"
	IPv6 Family = "ip6"
)

// fits reports whether an address is of the families to scan.
func fits(family Family, a netip.Addr) bool {
	return family == Any || (family == IPv4) == a.Is4()
}

// askable leaves out the addresses of a name that are of a family which this machine
// has no address of, where the name has others, as getaddrinfo(3) does with
// AI_ADDRCONFIG (RFC 3493 section 6.1), and those of a family that it has no route for
// (RFC 6724 section 6 puts them last). They could not be asked, and each scan of such a
// name would be incomplete.
func (c *collector) askable(name string, addrs []netip.Addr) []netip.Addr {
	if c.request.Family != Any || c.request.Anywhere {
		return addrs
	}
	left, lacks := c.withFamily(addrs), "address to ask from"
	if len(left) == len(addrs) {
		left, lacks = c.withRoute(addrs), "route there"
	}
	if len(left) == 0 || len(left) == len(addrs) {
		return addrs
	}
	first := addrs[slices.IndexFunc(addrs, func(a netip.Addr) bool { return !slices.Contains(left, a) })]
	what, flag := "IPv6", "-6"
	if first.Is4() {
		what, flag = "IPv4", "-4"
	}
	note := fmt.Sprintf("%s: %s is not asked, as this machine has no %s %s; %s asks it all the same", name, first, what, lacks, flag)
	if more := len(addrs) - len(left) - 1; more > 0 {
		note = fmt.Sprintf("%s: %s and %d more are not asked, as this machine has no %s %s; %s asks them all the same", name, first, more, what, lacks, flag)
	}
	if !slices.Contains(c.notes, note) {
		c.notes = append(c.notes, note)
	}
	return left
}

// withFamily are the addresses of families that this machine has an address of.
func (c *collector) withFamily(addrs []netip.Addr) (left []netip.Addr) {
	for _, a := range addrs {
		if !a.IsGlobalUnicast() || c.hasFamilyOf(a) {
			left = append(left, a)
		}
	}
	return left
}

// withRoute are the addresses of families that this machine has a route to one of: a
// name that has but one family, or one of whose networks has no route, is asked in full.
func (c *collector) withRoute(addrs []netip.Addr) (left []netip.Addr) {
	is4 := func(a netip.Addr) bool { return a.Is4() }
	if c.request.Routed == nil || !slices.ContainsFunc(addrs, is4) || !slices.ContainsFunc(addrs, netip.Addr.Is6) {
		return addrs
	}
	routed := map[bool]bool{}
	for _, a := range addrs {
		routed[a.Is4()] = routed[a.Is4()] || !a.IsGlobalUnicast() || c.request.Routed(a)
	}
	return slices.DeleteFunc(slices.Clone(addrs), func(a netip.Addr) bool { return !routed[a.Is4()] })
}

// Routed reports whether this machine has a route to an address, as connecting a UDP
// socket tells, which sends nothing.
func Routed(a netip.Addr) bool {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, discardPort)))
	if err == nil {
		conn.Close()
	}
	return !errors.Is(err, syscall.ENETUNREACH) && !errors.Is(err, syscall.EHOSTUNREACH) && !errors.Is(err, syscall.EADDRNOTAVAIL)
}

const discardPort = 9 // RFC 863; which one does not matter

// hasFamilyOf reports whether an interface has an address from which others of the
// family of a can be asked. Where the interfaces cannot be listed it is taken to be so.
func (c *collector) hasFamilyOf(a netip.Addr) bool {
	c.askInterfaces()
	for i := range c.interfaces {
		for _, p := range c.interfaces[i].Prefixes {
			if own := p.Addr(); own.Is4() == a.Is4() && own.IsGlobalUnicast() {
				return true
			}
		}
	}
	return len(c.interfaces) == 0
}
