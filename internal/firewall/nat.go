package firewall

import (
	"bytes"
	"encoding/binary"
	"net/netip"

	"porthole/internal/firewall/ruleset"
)

// nat changes the connection's destination or source, and accepts.
func (m *machine) nat(e *ruleset.NAT, b box, regs *registers) {
	if e.Family == ruleset.FamilyIPv4 && m.at.v6 || e.Family == ruleset.FamilyIPv6 && !m.at.v6 {
		m.out(b) // in a table of both families it is passed over
		return
	}
	if !e.Dest {
		why := m.reason("a source that was changed")
		b = b.alter(func(v *packetState) { v.sourceWhy, v.sourceNAT = why, true })
		m.ended = append(m.ended, ending{box: b, verdict: verdictAccept})
		return
	}
	port, why := m.natPort(e, regs)
	if why != nil {
		m.ended = append(m.ended, ending{box: b, verdict: verdictUnknown, why: why})
		return
	}
	if e.Redirect {
		m.redirect(b, port)
		return
	}
	addrs, why := m.natAddrs(e, regs)
	if why != nil {
		m.ended = append(m.ended, ending{box: b, verdict: verdictUnknown, why: why})
		return
	}
	for _, addr := range addrs {
		one := b
		if len(addrs) > 1 {
			one = b.doubt(m.reason("one of several targets"))
		}
		m.translate(one, addr, port)
	}
}

// natPort reads the port that connections are led to; 0 if it stays.
func (m *machine) natPort(e *ruleset.NAT, regs *registers) (uint16, *Reason) {
	if e.PortMin == ruleset.NoRegister {
		return 0, nil
	}
	first, ok := regs.load(e.PortMin, 2)
	if !ok {
		return 0, m.reason("a register without a value")
	}
	last := first
	if e.PortMax != ruleset.NoRegister && e.PortMax != e.PortMin {
		if last, ok = regs.load(e.PortMax, 2); !ok {
			return 0, m.reason("a register without a value")
		}
	}
	low, isLow := first.exact()
	high, isHigh := last.exact()
	if !isLow || !isHigh {
		return m.natPortOf(first)
	}
	from, to := binary.BigEndian.Uint16(low), binary.BigEndian.Uint16(high)
	switch {
	case from == to || from == 0:
		return from, nil
	case e.Flags&ruleset.NATOffset != 0:
		m.ports = setOfOne(small(uint64(m.port)))
		shifted := int(from) + int(m.port) - int(e.Base)
		if shifted >= int(from) && shifted <= int(to) {
			return uint16(shifted), nil
		}
		return 0, m.reason("a shifted range of ports")
	case from <= m.port && m.port <= to:
		// The kernel keeps a port that is in the range and free.
		m.ports = setOfOne(small(uint64(m.port)))
		return m.port, nil
	default:
		return 0, m.reason("one of several ports")
	}
}

// natPortOf reads a port that is computed from the one that was asked about.
func (m *machine) natPortOf(v value) (uint16, *Reason) {
	if len(v) == 1 && v[0].kind == partPort && v[0].len == 2 {
		m.ports = setOfOne(small(uint64(m.port)))
		return binary.BigEndian.Uint16(v[0].bits), nil
	}
	return 0, m.reason("a port that is not the same for all packets")
}

// redirect leads to the interface's own address (nf_nat_redirect of the
// kernel).
func (m *machine) redirect(b box, port uint16) {
	for i, e := range m.ev.entries {
		in, ok := b.ofEntry(i)
		if !ok {
			continue
		}
		addr, known := e.link.redirectAddr(m.at.v6, in)
		if !known {
			m.ended = append(m.ended, ending{box: in, verdict: verdictUnknown, why: m.reason("one of several addresses of " + e.link.Name)})
			continue
		}
		if !addr.IsValid() { // an interface without addresses drops
			m.ended = append(m.ended, ending{box: in, verdict: verdictDrop})
			continue
		}
		m.translate(in, addr, port)
	}
}

// translate leads connections to an address, if it is valid, and to a port, if
// it is not 0, and accepts them. Those that were going there already keep their status.
func (m *machine) translate(b box, addr netip.Addr, port uint16) {
	stay, move := []box{b}, []box(nil)
	if !m.goesTo(b, port) {
		stay, move = nil, []box{b}
	} else if addr.IsValid() && b.state.dest.IsValid() {
		if addr != b.state.dest {
			stay, move = nil, []box{b}
		}
	} else if addr.IsValid() {
		stay, move = answer{kind: answerSome, dim: dimDest, set: setOfOne(ofAddr(addr))}.where(b)
	}
	for i, list := range [][]box{stay, move} {
		for _, one := range list {
			one = one.alter(func(v *packetState) {
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

// goesTo reports whether packets go to a port already; 0 is any.
func (m *machine) goesTo(b box, port uint16) bool {
	if port == 0 {
		return true
	}
	if b.state.destPort != 0 {
		return b.state.destPort == port
	}
	m.keepPorts(setOfOne(small(uint64(port))), m.port == port)
	return m.port == port
}

func addrOf(b []byte) netip.Addr {
	a, _ := netip.AddrFromSlice(b)
	return a
}

// targetsMost is the most addresses of a range that are followed one by one.
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
func (l *Link) redirectAddr(v6 bool, b box) (addr netip.Addr, known bool) {
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
