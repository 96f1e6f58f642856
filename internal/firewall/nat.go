package firewall

import (
	"bytes"
	"net/netip"

	"porthole/internal/firewall/ruleset"
)

// translate leads connections to an address, if it is valid, and to a port, if
// it is not 0, and accepts them. Those that were going there already have no
// other status than before.
func (m *machine) translate(b box, addr netip.Addr, port uint16) {
	stay, move := []box{b}, []box(nil)
	if !m.goesTo(b, port) {
		stay, move = nil, []box{b}
	} else if addr.IsValid() && b.env.dest.IsValid() {
		if addr != b.env.dest {
			stay, move = nil, []box{b}
		}
	} else if addr.IsValid() {
		stay, move = answer{kind: answerSome, dim: dimDest, set: setOfOne(ofAddr(addr))}.where(b)
	}
	for i, list := range [][]box{stay, move} {
		for _, one := range list {
			one = one.alter(func(v *env) {
				if addr.IsValid() {
					v.dest = addr
				}
				if port != 0 {
					v.destPort = port
				}
				v.destNAT, v.destDone = i == 1, true
			})
			m.ended = append(m.ended, ending{box: one, verdict: verdictAccept})
		}
	}
}

// goesTo tells whether packets go to a port already; 0 is any.
func (m *machine) goesTo(b box, port uint16) bool {
	if port == 0 {
		return true
	}
	if b.env.destPort != 0 {
		return b.env.destPort == port
	}
	m.keepPorts(setOfOne(small(uint64(port))), m.port == port)
	return m.port == port
}

func addrOf(b []byte) netip.Addr {
	a, _ := netip.AddrFromSlice(b)
	return a
}

// targetsMost is up to how many addresses of a range are followed one by one.
const targetsMost = 16

// natAddrs reads the addresses that connections may be led to; one that is not
// valid if it stays.
func (m *machine) natAddrs(e *ruleset.NAT, regs *registers) ([]netip.Addr, *Reason) {
	if e.AddrMin == ruleset.NoRegister {
		return []netip.Addr{{}}, nil
	}
	if e.Flags&ruleset.NATNetmap != 0 {
		return nil, m.reason("a mapped network")
	}
	n := 4
	if e.Family == ruleset.FamilyIPv6 || e.Family == ruleset.FamilyInet && m.at.v6 {
		n = 16
	}
	first, ok := regs.load(e.AddrMin, n)
	if !ok {
		return nil, m.reason("a register without a value")
	}
	last := first
	if e.AddrMax != ruleset.NoRegister && e.AddrMax != e.AddrMin {
		if last, ok = regs.load(e.AddrMax, n); !ok {
			return nil, m.reason("a register without a value")
		}
	}
	low, isLow := first.exact()
	high, isHigh := last.exact()
	if !isLow || !isHigh {
		return nil, m.reason("an address that is not the same for all packets")
	}
	var list []netip.Addr
	for a := addrOf(low); a.IsValid() && len(list) < targetsMost; a = a.Next() {
		list = append(list, a)
		if bytes.Equal(a.AsSlice(), high) {
			return list, nil
		}
	}
	return nil, m.reason("one of many targets")
}

// redirectAddr is the address of an interface that redirect leads to. For IPv6
// it is one of the same scope as the packet's; if there are several it is not
// known.
func (l *Link) redirectAddr(v6 bool, b box, m *machine) (addr netip.Addr, known bool) {
	if !v6 {
		for _, a := range l.Addrs {
			if a.Addr().Is4() && !a.Secondary {
				return a.Addr(), true
			}
		}
		return netip.Addr{}, true
	}
	linkLocal := spanOfPrefix(netip.MustParsePrefix("fe80::/10"))
	toLocal := b.dim[dimDest].meets(set{linkLocal})
	if toLocal && !b.dim[dimDest].within(set{linkLocal}) {
		return addr, false
	}
	for _, a := range l.Addrs {
		if !a.Addr().Is6() || a.Tentative || a.Addr().IsLinkLocalUnicast() != toLocal {
			continue
		}
		if addr.IsValid() {
			return netip.Addr{}, false
		}
		addr = a.Addr()
	}
	return addr, true
}
