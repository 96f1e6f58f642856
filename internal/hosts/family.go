package hosts

import (
	"fmt"
	"net/netip"
	"slices"
)

// askable leaves out the addresses of a name that are of a family which this machine
// has no address of, where the name has others, as getaddrinfo(3) does with
// AI_ADDRCONFIG (RFC 3493 section 6.1). They could not be asked, and each scan of such
// a name would be incomplete.
func (c *collector) askable(name string, addrs []netip.Addr) []netip.Addr {
	if c.request.Family != Any || c.request.Anywhere {
		return addrs
	}
	var left []netip.Addr
	for _, a := range addrs {
		if !a.IsGlobalUnicast() || c.hasFamilyOf(a) {
			left = append(left, a)
		}
	}
	if left == nil || len(left) == len(addrs) {
		return addrs
	}
	first := addrs[slices.IndexFunc(addrs, func(a netip.Addr) bool { return !slices.Contains(left, a) })]
	what, flag := "IPv6", "-6"
	if first.Is4() {
		what, flag = "IPv4", "-4"
	}
	note := fmt.Sprintf("%s: %s is not asked, as this machine has no %s address to ask from; %s asks it all the same", name, first, what, flag)
	if more := len(addrs) - len(left) - 1; more > 0 {
		note = fmt.Sprintf("%s: %s and %d more are not asked, as this machine has no %s address to ask from; %s asks them all the same", name, first, more, what, flag)
	}
	if !slices.Contains(c.notes, note) {
		c.notes = append(c.notes, note)
	}
	return left
}

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
