package firewall

import (
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
	tracked := m.at.tracked && !b.state.untracked
	if e.Key == ruleset.CtState {
		switch {
		case m.at.answer && b.state.untracked:
			return value{unknownPart(4, m.reason("ct state of an answer that is not tracked"))}
		case tracked && m.at.answer:
			return constant(nativeBytes(ctEstablished))
		case tracked:
			return constant(nativeBytes(ctNew))
		case b.state.untracked:
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
		if b.state.ctMarkWhy != nil {
			return value{unknownPart(4, b.state.ctMarkWhy)}
		}
		return constant(nativeBytes(b.state.ctMark))
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
	if b.state.destNAT {
		bits |= ctDestNAT
	}
	if b.state.sourceNAT {
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
		if reply && b.state.sourceNAT {
			return unknownPart(2, m.reason("a source that was changed"))
		}
		return field(dimSourcePort, 2)
	case source != reply:
		if reply && b.state.sourceNAT {
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
	if e.Key == ruleset.CtMark && m.at.tracked && !b.state.untracked {
		n, why := m.word(e.Source, regs)
		b = b.alter(func(v *packetState) { v.ctMark, v.ctMarkWhy = n, why })
	}
	return []box{b}
}
