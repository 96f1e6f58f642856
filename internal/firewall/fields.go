package firewall

import (
	"encoding/binary"

	"porthole/internal/firewall/ruleset"
)

const (
	protoTCP = 6
	protoUDP = 17
)

// field is bytes of the packet that are one number of a dimension.
func field(d dimension, width int) part {
	return part{kind: partField, len: width, dim: d, width: width}
}

func (m *machine) addrLen() int {
	if m.at.v6 {
		return 16
	}
	return 4
}

// source is the packet's source address. Of an answer it is the destination that
// the connection was opened to.
func (m *machine) source(b box) part {
	if m.at.answer {
		return m.openedTo(b)
	}
	return m.opener(b)
}

// dest is the packet's destination address.
func (m *machine) dest(b box) part {
	if m.at.answer {
		return m.opener(b)
	}
	return m.openedTo(b)
}

// opener is the address of who opened the connection.
func (m *machine) opener(b box) part {
	if b.state.sourceWhy != nil {
		return unknownPart(m.addrLen(), b.state.sourceWhy)
	}
	return field(dimSource, m.addrLen())
}

// openedTo is the address that the connection is led to.
func (m *machine) openedTo(b box) part {
	if b.state.dest.IsValid() && !m.at.undone {
		return constPart(b.state.dest.AsSlice())
	}
	return field(dimDest, m.addrLen())
}

func (m *machine) sourcePort(b box) part {
	if m.at.answer {
		return m.openedPort(b)
	}
	return m.openerPort(b)
}

func (m *machine) destPort(b box) part {
	if m.at.answer {
		return m.openerPort(b)
	}
	return m.openedPort(b)
}

func (m *machine) openerPort(b box) part {
	if b.state.sourceWhy != nil {
		return unknownPart(2, b.state.sourceWhy)
	}
	return field(dimSourcePort, 2)
}

// openedPort is the port that was asked about, or what it was translated to.
func (m *machine) openedPort(b box) part {
	if b.state.destPort != 0 && !m.at.undone {
		return constPart(binary.BigEndian.AppendUint16(nil, b.state.destPort))
	}
	return m.askedPort()
}

func (m *machine) askedPort() part {
	return part{kind: partPort, len: 2, bits: binary.BigEndian.AppendUint16(nil, m.port)}
}

// bits are bytes of which only those in known can be told.
func (m *machine) bits(bits, known []byte) part {
	return part{kind: partBits, len: len(bits), bits: bits, known: known, why: m.reason("what the sender chooses")}
}

func (m *machine) free(n int) part { return m.bits(zeros(n), zeros(n)) }

// payload loads bytes of the packet. A new connection begins with a packet that
// is no fragment and has no options; what its sender chooses freely is not
// known.
func (m *machine) payload(e *ruleset.Payload, b box) value {
	if e.Len <= 0 || e.Offset < 0 {
		return value{m.free(16)}
	}
	if p, ok := m.plainField(e, b); ok {
		return value{p}
	}
	var header value
	switch e.Base {
	case ruleset.BaseLink:
		header = value{m.free(12), m.linkType(), m.free(4)}
	case ruleset.BaseNetwork:
		header = m.networkHeader(b)
	case ruleset.BaseTransport:
		header = m.transportHeader(b)
	}
	if e.Offset+e.Len > header.length() {
		return value{m.free(max(e.Len, 1))}
	}
	return header.slice(e.Offset, e.Len)
}

// plainField is what rules load most: addresses, or their beginnings, and ports.
func (m *machine) plainField(e *ruleset.Payload, b box) (p part, ok bool) {
	n := m.addrLen()
	from := 12
	if m.at.v6 {
		from = 8
	}
	switch end := e.Offset + e.Len; {
	case e.Base == ruleset.BaseNetwork && e.Offset >= from && end <= from+n:
		return m.source(b).cut(e.Offset-from, e.Len), true
	case e.Base == ruleset.BaseNetwork && e.Offset >= from+n && end <= from+2*n:
		return m.dest(b).cut(e.Offset-from-n, e.Len), true
	case e.Base == ruleset.BaseTransport && e.Offset == 2 && e.Len == 2:
		return m.destPort(b), true
	case e.Base == ruleset.BaseTransport && e.Offset == 0 && e.Len == 2:
		return m.sourcePort(b), true
	}
	return p, false
}

func (m *machine) linkType() part {
	for _, e := range m.ev.entries {
		const ethernet = 1 // ARPHRD_ETHER
		if e.port.Type != ethernet {
			return m.free(2)
		}
	}
	return constPart(m.etherType())
}

func (m *machine) etherType() []byte {
	if m.at.v6 {
		return []byte{0x86, 0xdd}
	}
	return []byte{0x08, 0x00}
}

// networkHeader is that of RFC 791 or RFC 8200.
func (m *machine) networkHeader(b box) value {
	proto := constPart([]byte{m.at.proto})
	if m.at.v6 {
		return value{m.bits([]byte{0x60}, []byte{0xf0}), m.free(5), proto, m.free(1), m.source(b), m.dest(b)}
	}
	fragment := m.bits([]byte{0, 0}, []byte{0x3f, 0xff})
	return value{m.bits([]byte{0x40}, []byte{0xf0}), m.free(5), fragment, m.free(1), proto, m.free(2), m.source(b), m.dest(b)}
}

// transportHeader is that of RFC 9293 or RFC 768: the first packet of a TCP
// connection has SYN and no other flag but those of ECN; its answer has ACK, too.
func (m *machine) transportHeader(b box) value {
	if m.at.proto != protoTCP {
		return value{m.sourcePort(b), m.destPort(b), m.free(4)}
	}
	flags := byte(0x02) // SYN
	if m.at.answer {
		flags = 0x12 // and ACK
	}
	return value{m.sourcePort(b), m.destPort(b), m.free(9), m.bits([]byte{flags}, []byte{0x3f}), m.free(6)}
}

// meta loads what is known beside the bytes; nil if there is nothing.
func (m *machine) meta(e *ruleset.Meta, b box) value {
	switch e.Key {
	case ruleset.MetaProtocol:
		return constant(m.etherType())
	case ruleset.MetaNFProto:
		return constant([]byte{m.nfproto()})
	case ruleset.MetaL4Proto:
		return constant([]byte{m.at.proto})
	case ruleset.MetaMark:
		if b.state.markWhy != nil {
			return value{unknownPart(4, b.state.markWhy)}
		}
		return constant(nativeBytes(b.state.mark))
	case ruleset.MetaPktType: // PACKET_HOST
		if m.at.answer {
			return value{m.metaUnknown(e.Key)}
		}
		if b.state.otherWhy != nil {
			return value{unknownPart(1, b.state.otherWhy)}
		}
		return constant([]byte{0})
	case ruleset.MetaSkUID, ruleset.MetaSkGID, ruleset.MetaCgroup:
		// The socket of a packet is known of what this host sends, and of what comes
		// behind the first packet of TCP, which may so be reset.
		if m.at.answer || m.at.proto == protoTCP {
			return value{m.metaUnknown(e.Key)}
		}
		return nil
	case ruleset.MetaSDIF:
		return constant(zeros(4))
	case ruleset.MetaSDIFName:
		return constant(zeros(16))
	}
	if v, ok := m.metaLink(e.Key, b); ok {
		return v
	}
	return value{m.metaUnknown(e.Key)}
}

func (m *machine) nfproto() byte {
	switch {
	case m.at.family == ruleset.FamilyNetdev || m.at.family == ruleset.FamilyBridge:
		return byte(m.at.family)
	case m.at.v6:
		return byte(ruleset.FamilyIPv6)
	default:
		return byte(ruleset.FamilyIPv4)
	}
}

func (m *machine) metaUnknown(key uint32) part {
	names := map[uint32]string{
		ruleset.MetaLen: "meta length", ruleset.MetaPriority: "meta priority", ruleset.MetaCPU: "meta cpu",
		ruleset.MetaPRandom: "meta random", ruleset.MetaSecPath: "meta secpath", ruleset.MetaTime: "meta time",
		ruleset.MetaDay: "meta day", ruleset.MetaHour: "meta hour", ruleset.MetaRtClassID: "meta rtclassid",
		ruleset.MetaSecMark: "meta secmark", ruleset.MetaNFTrace: "meta nftrace",
		ruleset.MetaSkUID: "meta skuid", ruleset.MetaSkGID: "meta skgid", ruleset.MetaCgroup: "meta cgroup",
	}
	name := names[key]
	if name == "" {
		name = "meta"
	}
	return unknownPart(16, m.reason(name))
}

// metaLink loads what is known of the interfaces. There is none to leave by
// before the route is known.
func (m *machine) metaLink(key uint32, b box) (value, bool) {
	bridge := m.at.family == ruleset.FamilyBridge
	switch key {
	case ruleset.MetaIIF, ruleset.MetaIIFName, ruleset.MetaIIFType, ruleset.MetaIIFGroup, ruleset.MetaIIFKind:
		if m.at.answer {
			return m.ev.outValue(key, b.state.answerIn), true
		}
		return value{m.ev.entryTable(key, bridge || m.at.hook == ruleset.HookIngress)}, true
	case ruleset.MetaBriIIFName:
		if !bridge {
			return nil, true
		}
		return value{m.ev.entryTable(ruleset.MetaIIFName, false)}, true
	case ruleset.MetaOIF, ruleset.MetaOIFName, ruleset.MetaOIFType, ruleset.MetaOIFGroup, ruleset.MetaOIFKind:
		out := b.state.out
		if m.at.answer {
			out = b.state.answerOut
		}
		switch {
		case m.at.answer && m.at.hook == ruleset.HookPrerouting:
			out = 0
		case out == severalOut:
			return value{unknownPart(nameLen, m.reason("a route with several ways"))}, true
		}
		return m.ev.outValue(key, out), true
	}
	return nil, false
}

// entryTable has for each entry what a key of meta says of it; with port, of
// the port of a bridge.
func (ev *evaluator) entryTable(key uint32, port bool) part {
	k := tableKey{key, port}
	if p, ok := ev.linkParts[k]; ok {
		return p
	}
	p := part{kind: partEntry, table: make([][]byte, len(ev.entries))}
	for i, e := range ev.entries {
		l := e.link
		if port {
			l = e.port
		}
		p.table[i] = linkValue(key, l)
		p.len = len(p.table[i])
	}
	ev.linkParts[k] = p
	return p
}

type tableKey struct {
	key  uint32
	port bool
}

// linkValue is what a key of meta says of an interface.
func linkValue(key uint32, l *Link) []byte {
	switch key {
	case ruleset.MetaIIF, ruleset.MetaOIF:
		return nativeBytes(uint32(l.Index))
	case ruleset.MetaIIFName, ruleset.MetaOIFName:
		return nameBytes(l.Name)
	case ruleset.MetaIIFType, ruleset.MetaOIFType:
		return binary.NativeEndian.AppendUint16(nil, l.Type)
	case ruleset.MetaIIFGroup, ruleset.MetaOIFGroup:
		return nativeBytes(l.Group)
	default: // kind
		return nameBytes(l.Kind)
	}
}

const nameLen = 16 // IFNAMSIZ

func nameBytes(name string) []byte {
	b := make([]byte, nameLen)
	copy(b, name)
	return b
}

// outValue is what a key says of the interface that packets leave by.
func (ev *evaluator) outValue(key uint32, index int) value {
	if index == 0 {
		switch key {
		case ruleset.MetaOIF, ruleset.MetaIIF:
			return constant(zeros(4))
		case ruleset.MetaOIFName, ruleset.MetaIIFName:
			return constant(zeros(nameLen))
		default:
			return nil
		}
	}
	if l := ev.host.link(index); l != nil {
		return constant(linkValue(key, l))
	}
	return nil
}

// setMeta takes a mark that is set. Other things that can be set have no effect
// on where packets go.
func (m *machine) setMeta(e *ruleset.Meta, b box, regs *registers) box {
	switch e.Key {
	case ruleset.MetaMark:
		n, why := m.word(e.Source, regs)
		return b.alter(func(v *packetState) { v.mark, v.markWhy = n, why })
	case ruleset.MetaPktType:
		return b.alter(func(v *packetState) { v.otherWhy = m.reason("a type that was set") })
	}
	return b
}

// word reads a register of 4 bytes.
func (m *machine) word(from ruleset.Register, regs *registers) (uint32, *Reason) {
	v, ok := regs.load(from, 4)
	if !ok {
		return 0, m.reason("a register without a value")
	}
	exact, ok := v.exact()
	if !ok {
		return 0, m.reason("a mark that is not the same for all packets")
	}
	return nativeWord(exact), nil
}

// copyMark is that of the CONNMARK target.
func (m *machine) copyMark(e *ruleset.MarkCopy, b box) box {
	return b.alter(func(v *packetState) {
		why := v.markWhy
		if why == nil {
			why = v.ctMarkWhy
		}
		if e.ToConnection {
			v.ctMark, v.ctMarkWhy = v.ctMark&^e.CtMask^v.mark&e.MarkMask, why
		} else {
			v.mark, v.markWhy = v.mark&^e.MarkMask^v.ctMark&e.CtMask, why
		}
	})
}

// write changes bytes of the packet.
func (m *machine) write(e *ruleset.Payload, b box, regs *registers) []box {
	v, _ := regs.load(e.Source, e.Len)
	exact, known := v.exact()
	addr := 12
	if m.at.v6 {
		addr = 8
	}
	n := m.addrLen()
	meets := func(base uint32, at, length int) bool {
		return e.Base == base && e.Offset < at+length && e.Offset+e.Len > at
	}
	why := m.reason("a header that is rewritten")
	switch {
	case meets(ruleset.BaseNetwork, addr, n), meets(ruleset.BaseTransport, 0, 2):
		b = b.alter(func(v *packetState) { v.sourceWhy = why })
	case e.Base == ruleset.BaseNetwork && e.Offset == addr+n && e.Len == n && known:
		b = b.alter(func(v *packetState) { v.dest = addrOf(exact) })
	case e.Base == ruleset.BaseTransport && e.Offset == 2 && e.Len == 2 && known && binary.BigEndian.Uint16(exact) != 0:
		b = b.alter(func(v *packetState) { v.destPort = binary.BigEndian.Uint16(exact) })
	case meets(ruleset.BaseNetwork, addr+n, n), meets(ruleset.BaseTransport, 2, 2):
		m.ended = append(m.ended, ending{box: b, verdict: verdictUnknown, why: why})
		return nil
	}
	return []box{b}
}
