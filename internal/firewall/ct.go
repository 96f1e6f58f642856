package firewall

import (
	"encoding/binary"

	"porthole/internal/firewall/ruleset"
)

// Bits of ct state and ct status (NF_CT_STATE_*, enum ip_conntrack_status).
const (
	ctInvalid     = 1 << 0
	ctEstablished = 1 << 1
	ctNew         = 1 << 3
	ctUntracked   = 1 << 6

	ctSourceNAT = 1 << 4
	ctDestNAT   = 1 << 5
	ctKnown     = 0x3f // expected, seen reply, assured, confirmed, and these two
)

// ct loads what is known of the connection, which is new; nil if there is
// nothing.
func (m *machine) ct(e *ruleset.Ct, b box) value {
	tracked := m.at.tracked && !b.env.untracked
	if e.Key == ruleset.CtState {
		switch {
		case m.at.answer && b.env.untracked:
			return value{unknownPart(4, m.reason("ct state of an answer that is not tracked"))}
		case tracked && m.at.answer:
			return constant(nativeBytes(ctEstablished))
		case tracked:
			return constant(nativeBytes(ctNew))
		case b.env.untracked:
			return constant(nativeBytes(ctUntracked))
		default:
			return constant(nativeBytes(ctInvalid))
		}
	}
	if !tracked {
		return nil
	}
	switch e.Key {
	case ruleset.CtDirection:
		if m.at.answer {
			return constant([]byte{1})
		}
		return constant([]byte{0})
	case ruleset.CtStatus:
		return value{m.ctStatus(b)}
	case ruleset.CtMark:
		if b.env.ctMarkWhy != nil {
			return value{unknownPart(4, b.env.ctMarkWhy)}
		}
		return constant(nativeBytes(b.env.ctMark))
	case ruleset.CtHelper:
		return nil
	case ruleset.CtL3Proto:
		return constant([]byte{m.nfproto()})
	case ruleset.CtProtocol:
		return constant([]byte{m.at.proto})
	case ruleset.CtSrc, ruleset.CtDst, ruleset.CtSrcIP, ruleset.CtDstIP, ruleset.CtSrcIP6, ruleset.CtDstIP6, ruleset.CtProtoSrc, ruleset.CtProtoDst:
		return value{m.ctTuple(e, b)}
	}
	return value{unknownPart(16, m.reason("a part of ct that is not followed"))}
}

func (m *machine) ctStatus(b box) part {
	bits := uint32(0)
	if b.env.destNAT {
		bits |= ctDestNAT
	}
	if b.env.sourceNAT {
		bits |= ctSourceNAT
	}
	known := uint32(ctKnown)
	if m.at.answer {
		known = ctSourceNAT | ctDestNAT
	}
	p := m.bits(nativeBytes(bits), nativeBytes(known))
	p.why = m.reason("ct status")
	return p
}

// ctTuple loads an address or port of the connection, of the direction in which
// it was opened or of the other one.
func (m *machine) ctTuple(e *ruleset.Ct, b box) part {
	source := e.Key == ruleset.CtSrc || e.Key == ruleset.CtSrcIP || e.Key == ruleset.CtSrcIP6 || e.Key == ruleset.CtProtoSrc
	port := e.Key == ruleset.CtProtoSrc || e.Key == ruleset.CtProtoDst
	reply := e.Direction == 1
	switch {
	case source != reply && port: // the client's
		if reply && b.env.sourceNAT {
			return unknownPart(2, m.reason("a source that was changed"))
		}
		return field(dimSourcePort, 2)
	case source != reply:
		if reply && b.env.sourceNAT {
			return unknownPart(m.addrLen(), m.reason("a source that was changed"))
		}
		return field(dimSource, m.addrLen())
	case port && reply:
		return m.openedPort(b)
	case port:
		return m.askedPort()
	case reply:
		return m.openedTo(b)
	default:
		return field(dimDest, m.addrLen())
	}
}

// setCt takes a connection's mark. Other things that can be set have no effect
// on where packets go.
func (m *machine) setCt(e *ruleset.Ct, b box, regs *registers) []box {
	switch {
	case e.Key == ruleset.CtMark && m.at.tracked && !b.env.untracked:
		n, why := m.word(e.Source, regs)
		b = b.alter(func(v *env) { v.ctMark, v.ctMarkWhy = n, why })
	}
	return []box{b}
}

// nat settles the connection's destination or source, and accepts.
func (m *machine) nat(e *ruleset.NAT, b box, regs *registers) {
	if e.Family == ruleset.FamilyIPv4 && m.at.v6 || e.Family == ruleset.FamilyIPv6 && !m.at.v6 {
		m.out(b) // in a table of both families it is passed over
		return
	}
	if !e.Dest {
		why := m.reason("a source that was changed")
		b = b.alter(func(v *env) { v.sourceWhy, v.sourceNAT = why, true })
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
		in, _, ok, _ := b.split(dimEntry, setOfOne(small(uint64(i))))
		if !ok {
			continue
		}
		addr, known := e.link.redirectAddr(m.at.v6, in, m)
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
