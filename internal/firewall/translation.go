package firewall

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"slices"

	"porthole/internal/firewall/ruleset"
)

// Translation leads connections that come to some ports elsewhere: one of the
// rules by which container runtimes publish ports.
type Translation struct {
	Proto       string     // "tcp" or "udp"
	At          netip.Addr // the address that they come to; the zero Addr: any
	First, Last uint16     // the ports that they come to, both included

	To              netip.Addr
	ToFirst, ToLast uint16 // the port that they are led to is one of these; 0: it stays
	Shifted         bool   // the first port to the first, and so on
}

// From tells which ports lead to a port; ok is false for none.
func (r Translation) From(port uint16) (first, last uint16, ok bool) {
	switch {
	case r.ToFirst == 0:
		return port, port, r.First <= port && port <= r.Last
	case port < r.ToFirst || port > r.ToLast:
		return 0, 0, false
	case r.Shifted:
		from := int(r.First) + int(port) - int(r.ToFirst)
		return uint16(from), uint16(from), from <= int(r.Last)
	default:
		return r.First, r.Last, true
	}
}

// Port tells to which one connections to a port are led; ok is false if they are
// not, or to one of several.
func (r Translation) Port(port uint16) (to uint16, ok bool) {
	switch {
	case port < r.First || port > r.Last:
		return 0, false
	case r.ToFirst == 0:
		return port, true
	case r.ToFirst == r.ToLast:
		return r.ToFirst, true
	case r.Shifted:
		to := int(r.ToFirst) + int(port) - int(r.First)
		return uint16(to), to <= int(r.ToLast)
	default:
		return 0, false
	}
}

// Translations lists where rules lead connections to, whoever they come from.
// What is not about the destination or the protocol is passed over. What is not
// understood is left out: rules for a part of the addresses, those that spread
// over several targets, and what is asked before a jump leads to a rule.
func Translations(rules *ruleset.Ruleset) (list []Translation) {
	for _, t := range rules.Tables {
		if t.Dormant {
			continue
		}
		for _, c := range t.Chains {
			for _, r := range c.Rules {
				if program := r.Program(); leads(program) {
					d := draft{protos: set{{small(0), small(255)}}, ports: set{{small(1), small(1<<16 - 1)}}}
					d.run(program)
					list = append(list, d.done...)
				}
			}
		}
	}
	return list
}

// leads reports whether a program may lead elsewhere.
func leads(program []ruleset.Expr) bool {
	for _, e := range program {
		if n, ok := e.(*ruleset.NAT); ok && n.Dest && !n.Redirect {
			return true
		}
	}
	return false
}

// draft is what has been learned of a rule on the way through its program.
type draft struct {
	protos, ports set
	at            netip.Addr
	unclear       bool // a condition on these is not understood
	done          []Translation
	registers     [ruleset.Registers]content
}

// content is what a register holds: a part of the packet, bytes, or what a map
// has for a part.
type content struct {
	part  packetPart
	bytes []byte
	keyed *ruleset.Set
}

// packetPart is the part of a packet that decides where it is led.
type packetPart uint8

const (
	partOther packetPart = iota
	partProtocol
	partDest   // the destination address
	partOfDest // some bytes of it
	partToPort // the port of the destination
)

func (d *draft) load(to ruleset.Register, c content) {
	if to >= 0 {
		d.registers[to] = c
	}
}

func (d *draft) held(from ruleset.Register) content {
	if from < 0 {
		return content{}
	}
	return d.registers[from]
}

func (d *draft) run(program []ruleset.Expr) {
	for _, e := range program {
		switch e := e.(type) {
		case *ruleset.Meta:
			if e.Key == ruleset.MetaL4Proto {
				d.load(e.Dest, content{part: partProtocol})
			} else {
				d.load(e.Dest, content{})
			}
		case *ruleset.Payload:
			d.load(e.Dest, content{part: partAt(e)})
		case *ruleset.Immediate:
			d.load(e.Dest, content{bytes: e.Data})
		case *ruleset.Bitwise: // of a part, not the whole
			c := content{}
			if d.held(e.Source).part == partDest {
				c.part = partOfDest
			}
			d.load(e.Dest, c)
		case *ruleset.Cmp:
			d.compare(d.held(e.Source).part, e)
		case *ruleset.Range:
			d.within(d.held(e.Source).part, !e.Not, []ruleset.Element{{Key: e.From, Last: e.To}})
		case *ruleset.Lookup:
			d.lookup(e)
		case *ruleset.Ct:
			d.load(e.Dest, content{})
		case *ruleset.Fib:
			d.load(e.Dest, content{})
		case *ruleset.Load:
			d.load(e.Dest, content{})
		case *ruleset.Number:
			d.load(e.Dest, content{})
		case *ruleset.NAT:
			d.nat(e)
		}
	}
}

// partAt names a place in the headers of IPv4, IPv6, TCP and UDP.
func partAt(e *ruleset.Payload) packetPart {
	span := [2]int{e.Offset, e.Len}
	switch e.Base {
	case ruleset.BaseNetwork:
		switch span {
		case [2]int{9, 1}, [2]int{6, 1}:
			return partProtocol
		case [2]int{16, 4}, [2]int{24, 16}:
			return partDest
		}
		if e.Offset >= 16 && e.Offset < 20 || e.Offset >= 24 && e.Offset < 40 {
			return partOfDest
		}
	case ruleset.BaseTransport:
		if span == [2]int{2, 2} {
			return partToPort
		}
	}
	return partOther
}

// compare takes a condition.
func (d *draft) compare(p packetPart, e *ruleset.Cmp) {
	if e.Op == ruleset.CmpEqual {
		d.within(p, true, []ruleset.Element{{Key: e.Data}})
		return
	}
	if p != partToPort || len(e.Data) != 2 || e.Op == ruleset.CmpNotEqual {
		d.within(p, false, nil)
		return
	}
	n, top := ofBytes(e.Data), small(1<<16-1)
	switch e.Op {
	case ruleset.CmpLess:
		d.ports = d.ports.minus(set{{n, top}})
	case ruleset.CmpAtMost:
		d.ports = d.ports.and(set{{number{}, n}})
	case ruleset.CmpGreater:
		d.ports = d.ports.minus(set{{number{}, n}})
	case ruleset.CmpAtLeast:
		d.ports = d.ports.and(set{{n, top}})
	}
}

// within takes the condition that a part is among some elements; what is not
// known is not a condition that can be told.
func (d *draft) within(p packetPart, known bool, among []ruleset.Element) {
	switch {
	case p == partOther:
	case !known || p == partOfDest:
		d.unclear = true
	case p == partProtocol:
		d.protos = d.protos.and(keys(among))
	case p == partToPort:
		d.ports = d.ports.and(keys(among))
	case p == partDest:
		addr, ok := netip.Addr{}, false
		if len(among) == 1 && (among[0].Last == nil || bytes.Equal(among[0].Last, among[0].Key)) {
			addr, ok = netip.AddrFromSlice(among[0].Key)
		}
		d.at, d.unclear = addr, d.unclear || !ok
	}
}

// keys reads those that are protocols or ports.
func keys(among []ruleset.Element) set {
	var spans []span
	for i := range among {
		if e := &among[i]; len(e.Key) > 0 && len(e.Key) <= 2 && bytes.Compare(e.Key, last(e)) <= 0 {
			spans = append(spans, span{ofBytes(e.Key), ofBytes(last(e))})
		}
	}
	return setOf(spans)
}

// lookup takes a set as a condition, and remembers a map.
func (d *draft) lookup(e *ruleset.Lookup) {
	key := d.held(e.Source).part
	switch {
	case e.Not || e.Set == nil || e.Set.KeyLen > 16 || len(e.Set.Fields) > 1:
		d.within(key, false, nil)
		d.load(e.Dest, content{})
	case !e.Map:
		d.within(key, true, e.Set.Elements)
	default:
		for i := 0; i*4 < max(e.Set.DataLen, 4) && int(e.Dest)+i < ruleset.Registers; i++ {
			d.load(e.Dest+ruleset.Register(i), content{part: key, keyed: e.Set})
		}
	}
}

// nat is the end of a rule.
func (d *draft) nat(e *ruleset.NAT) {
	if !e.Dest || e.Redirect {
		return
	}
	addr, lastAddr := d.held(e.AddrMin), d.held(e.AddrMax)
	if e.AddrMax != ruleset.NoRegister && !bytes.Equal(addr.bytes, lastAddr.bytes) {
		return // to one of several
	}
	if addr.keyed != nil {
		d.mapped(e, addr)
		return
	}
	to, _ := netip.AddrFromSlice(addr.bytes)
	var first, last uint16
	if e.PortMin != ruleset.NoRegister {
		from, to := d.held(e.PortMin).bytes, d.held(e.PortMin).bytes
		if e.PortMax != ruleset.NoRegister {
			to = d.held(e.PortMax).bytes
		}
		if len(from) != 2 || len(to) != 2 {
			return
		}
		first, last = binary.BigEndian.Uint16(from), binary.BigEndian.Uint16(to)
	}
	d.lead(to, first, last, e.Flags&ruleset.NATOffset != 0)
}

// mapped leads every key of a map of ports to its value: an address, or one with
// a port behind it, which is filled up to 4 bytes.
func (d *draft) mapped(e *ruleset.NAT, addr content) {
	if addr.part != partToPort {
		return
	}
	for i := range addr.keyed.Elements {
		one := &addr.keyed.Elements[i]
		value, port := one.Data, uint16(0)
		if e.PortMin != ruleset.NoRegister {
			at := len(value) - 4
			if at != 4 && at != 16 {
				continue
			}
			port, value = binary.BigEndian.Uint16(value[at:]), value[:at]
		}
		target, ok := netip.AddrFromSlice(value)
		if !ok {
			continue
		}
		part := draft{protos: d.protos, ports: d.ports.and(keys([]ruleset.Element{*one})), at: d.at, unclear: d.unclear}
		part.lead(target, port, port, false)
		d.done = append(d.done, part.done...)
	}
}

// lead adds what connections to the draft's ports are led to.
func (d *draft) lead(to netip.Addr, first, last uint16, shifted bool) {
	if d.unclear || !to.IsValid() || to.IsUnspecified() || first > last {
		return
	}
	for _, proto := range []struct {
		number uint64
		name   string
	}{{protoTCP, "tcp"}, {protoUDP, "udp"}} {
		if !d.protos.has(small(proto.number)) {
			continue
		}
		for _, p := range d.ports {
			d.done = append(d.done, Translation{Proto: proto.name, At: d.at, First: uint16(p.first.low), Last: uint16(p.last.low), To: to, ToFirst: first, ToLast: last, Shifted: shifted})
		}
	}
}

// WithoutTranslation is the host as if nothing were led elsewhere before the
// input chains: what the rules for its own ports would do.
func (h *Host) WithoutTranslation() *Host {
	clone := *h
	clone.Rules = &ruleset.Ruleset{IPSets: h.Rules.IPSets}
	for _, t := range h.Rules.Tables {
		if slices.ContainsFunc(t.Chains, redirects) {
			t = t.Without(redirects)
		}
		clone.Rules.Tables = append(clone.Rules.Tables, t)
	}
	return &clone
}

// redirects tells the base chains in which translation of destinations begins.
func redirects(c *ruleset.Chain) bool {
	return c.Base != nil && c.Base.Type == "nat" && c.Base.Hook == ruleset.HookPrerouting
}
