package natrules

import (
	"bytes"
	"encoding/binary"
	"net/netip"

	"porthole/internal/netlink"
)

// content is what a register holds: a part of the packet, or bytes.
type content struct {
	part  part
	bytes []byte
	keyed []element // of a map, by a part of the packet
	key   part
}

// part is the part of a packet that decides where it is led.
type part uint8

const (
	otherPart part = iota
	protocol
	destination // address
	somewhere   // a part of the destination address
	port        // of the destination
)

// element is one of a set, or of a map with its value.
type element struct {
	key, last, value []byte // last: the end of a range of keys, included; nil for one key
}

// machine runs a rule's expressions, as nft_do_chain of the kernel does, on
// what they would look at instead of a packet.
type machine struct {
	draft
	registers [16]content // of 4 bytes; a longer value is at the first of its own
	set       func(name string) ([]element, error)
}

// interpret says what a rule does with connections that match. expressions is
// the value of NFTA_RULE_EXPRESSIONS; set asks for the elements of a set of the
// rule's table. A rule that leads nowhere, or that is not understood, gives
// none.
func interpret(expressions []byte, set func(name string) ([]element, error)) ([]Rule, error) {
	m := machine{set: set}
	err := netlink.Attributes(expressions, func(_ uint16, value []byte) error {
		e, err := readFields(value)
		if err != nil {
			return err
		}
		data, err := readFields(e[2]) // NFTA_EXPR_DATA
		if err != nil {
			return err
		}
		return m.run(e.text(1), data)
	})
	return m.done, err
}

// run takes one expression. The numbers are those of the enums nft_*_attributes.
func (m *machine) run(name string, f fields) error {
	switch name {
	case "meta":
		const l4proto = 16
		c := content{}
		if key, _ := f.number(2); key == l4proto {
			c.part = protocol
		}
		m.load(f, 1, c)
	case "payload":
		base, _ := f.number(2)
		offset, _ := f.number(3)
		length, _ := f.number(4)
		m.load(f, 1, content{part: partOf(base, offset, length)})
	case "immediate":
		m.load(f, 1, content{bytes: f.value(2)})
	case "bitwise": // of a part, not the whole
		if m.at(f, 1).part == destination {
			m.load(f, 2, content{part: somewhere})
		} else {
			m.load(f, 2, content{})
		}
	case "cmp":
		op, _ := f.number(2)
		m.compare(m.at(f, 1).part, op, f.value(3))
	case "range":
		op, _ := f.number(2)
		m.within(m.at(f, 1).part, op == 0, []element{{key: f.value(3), last: f.value(4)}})
	case "lookup":
		return m.lookup(f)
	case "nat":
		m.nat(f)
	case "match":
		m.match(f)
	case "target":
		m.target(f)
	default: // fib, ct, socket and the like load what is not asked for here
		m.load(f, 1, content{})
	}
	return nil
}

// partOf names a place in a packet: base 1 is the IP header, 2 what follows it.
func partOf(base, offset, length uint32) part {
	switch [3]uint32{base, offset, length} {
	case [3]uint32{1, 9, 1}, [3]uint32{1, 6, 1}: // of struct iphdr, ipv6hdr
		return protocol
	case [3]uint32{1, 16, 4}, [3]uint32{1, 24, 16}:
		return destination
	case [3]uint32{2, 2, 2}:
		return port
	}
	inIPv4, inIPv6 := offset >= 16 && offset < 20, offset >= 24 && offset < 40
	if base == 1 && (inIPv4 || inIPv6) {
		return somewhere
	}
	return otherPart
}

// slot is the register with that number: NFT_REG_1 to 4 are of 16 bytes, from
// NFT_REG32_00, which is 8, on they are of 4.
func slot(number uint32) (index uint32, ok bool) {
	switch {
	case number >= 1 && number <= 4:
		return (number - 1) * 4, true
	case number >= 8 && number < 24:
		return number - 8, true
	default:
		return 0, false
	}
}

func (m *machine) load(f fields, kind uint16, c content) {
	number, _ := f.number(kind)
	if i, ok := slot(number); ok {
		m.registers[i] = c
	}
}

func (m *machine) at(f fields, kind uint16) content {
	number, _ := f.number(kind)
	if i, ok := slot(number); ok {
		return m.registers[i]
	}
	return content{}
}

// compare takes a condition; op is one of enum nft_cmp_ops.
func (m *machine) compare(p part, op uint32, value []byte) {
	const equal, other, less, most, more, least = 0, 1, 2, 3, 4, 5
	n, ok := short(value)
	switch op {
	case equal:
		m.within(p, true, []element{{key: value}})
		return
	case other:
		m.within(p, false, nil)
		return
	}
	if p != port || !ok {
		m.within(p, false, nil)
		return
	}
	s := span{0, 1<<16 - 1}
	switch op {
	case less:
		s.last = max(n, 1) - 1
	case most:
		s.last = n
	case more:
		s.first = min(n, 1<<16-2) + 1
	case least:
		s.first = n
	}
	m.ports = narrow(m.ports, []span{s})
}

// within takes the condition that a part is among some elements; what is not
// known is not a condition that can be told.
func (m *machine) within(p part, known bool, among []element) {
	if p == otherPart {
		return
	}
	spans := []span{}
	for _, e := range among {
		s, ok := e.span()
		if !ok && p != destination {
			known = false
		}
		spans = append(spans, s)
	}
	switch {
	case !known, p == somewhere:
		m.unclear = true
	case p == protocol:
		m.protos = narrow(m.protos, spans)
	case p == port:
		m.ports = narrow(m.ports, spans)
	case p == destination:
		addr, ok := netip.Addr{}, false
		if len(among) == 1 && among[0].last == nil {
			addr, ok = netip.AddrFromSlice(among[0].key)
		}
		m.draft.at, m.unclear = addr, m.unclear || !ok
	}
}

// span reads keys that are numbers.
func (e element) span() (span, bool) {
	first, ok := short(e.key)
	if !ok || e.last == nil {
		return span{first, first}, ok
	}
	last, ok := short(e.last)
	return span{first, last}, ok
}

// short reads a protocol of one byte or a port of two; in a set both may be
// filled up to four.
func short(b []byte) (uint16, bool) {
	switch {
	case len(b) == 1:
		return uint16(b[0]), true
	case len(b) == 2, len(b) == 4 && b[2] == 0 && b[3] == 0:
		return binary.BigEndian.Uint16(b), true
	default:
		return 0, false
	}
}

// lookup takes a set as a condition, and remembers a map.
func (m *machine) lookup(f fields) error {
	const inverted = 1
	key := m.at(f, 2).part
	number, isMap := f.number(3)
	if flags, _ := f.number(5); flags&inverted != 0 {
		m.within(key, false, nil)
		return nil
	}
	if key == otherPart {
		m.load(f, 3, content{})
		return nil
	}
	elements, err := m.set(f.text(1))
	if err != nil {
		return err
	}
	if !isMap {
		m.within(key, true, elements)
		return nil
	}
	i, ok := slot(number)
	if !ok {
		return nil
	}
	m.registers[i] = content{keyed: elements, key: key}
	// The second part of a value, a port behind an address, begins 4 or 16
	// bytes later; nat reads it from there.
	for _, e := range elements {
		if at := len(e.value) - 4; at == 4 || at == 16 {
			if j := i + uint32(at)/4; j < uint32(len(m.registers)) {
				m.registers[j] = content{keyed: elements, key: key}
			}
		}
	}
	return nil
}

// nat is the end of a rule of nftables itself (enum nft_nat_attributes).
func (m *machine) nat(f fields) {
	const dnat = 1
	if kind, _ := f.number(1); kind != dnat {
		return
	}
	addr, lastAddr := m.at(f, 3), m.at(f, 4)
	if _, ranged := f.number(4); ranged && !bytes.Equal(addr.bytes, lastAddr.bytes) {
		return // to one of several
	}
	if addr.keyed != nil {
		m.mapped(f, addr)
		return
	}
	to, _ := netip.AddrFromSlice(addr.bytes)
	var first, last uint16
	if _, ok := f.number(5); ok {
		first, ok = short(m.at(f, 5).bytes)
		last = first
		if _, ranged := f.number(6); ranged && ok {
			last, ok = short(m.at(f, 6).bytes)
		}
		if !ok {
			return
		}
	}
	m.lead(to, first, last, false)
}

// mapped leads every key of a map of ports to its value.
func (m *machine) mapped(f fields, addr content) {
	if addr.key != port {
		return
	}
	_, withPort := f.number(5)
	for _, e := range addr.keyed {
		s, ok := e.span()
		value := e.value
		var to uint16
		if withPort {
			at := len(value) - 4
			if at != 4 && at != 16 || !ok {
				continue
			}
			to, ok = short(value[at:])
			value = value[:at]
		}
		target, valid := netip.AddrFromSlice(value)
		if !ok || !valid {
			continue
		}
		one := m.draft
		one.ports, one.done = narrow(m.ports, []span{s}), nil
		one.lead(target, to, to, false)
		m.done = append(m.done, one.done...)
	}
}
