package hosts

import (
	"encoding/binary"
	"net/netip"
)

// addrs is a list of addresses, all of IPv4 or none: an address takes 4 bytes, or
// else 24.
type addrs struct {
	v4    []uint32
	other []netip.Addr // of IPv6, with zones
}

func (l *addrs) len() int { return len(l.v4) + len(l.other) }

func (l *addrs) at(i int) netip.Addr {
	if l.v4 != nil {
		return addrOf(l.v4[i])
	}
	return l.other[i]
}

// takes reports whether the list can hold a.
func (l *addrs) takes(a netip.Addr) bool {
	return l.len() == 0 || (l.v4 != nil) == a.Is4()
}

// add adds an address that the list takes.
func (l *addrs) add(a netip.Addr) {
	if a.Is4() {
		l.v4 = append(l.v4, number(a))
		return
	}
	l.other = append(l.other, a)
}

func addrOf(n uint32) netip.Addr {
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, n)))
}

// number is an IPv4 address as a number.
func number(a netip.Addr) uint32 {
	b := a.As4()
	return binary.BigEndian.Uint32(b[:])
}
