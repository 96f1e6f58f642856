package firewall

import (
	"bytes"

	"porthole/internal/firewall/ruleset"
)

// answer is whether a value is between two others, for the packets of a box.
type answer struct {
	kind answerKind
	dim  dimension
	set  set // of answerSome: those of the dimension for which it is
	why  *Reason
}

type answerKind uint8

const (
	answerNo answerKind = iota
	answerYes
	answerSome    // for those of a set
	answerUnknown // why
)

func yes(is bool) answer {
	if is {
		return answer{kind: answerYes}
	}
	return answer{}
}

// between asks whether part p is from low to high, which are included and as
// long.
func (m *machine) between(p *part, low, high []byte) answer {
	switch p.kind {
	case partField:
		return m.fieldBetween(p, low, high)
	case partEntry:
		in := indexesWhere(p.table, func(b []byte) bool {
			return b != nil && bytes.Compare(low, b) <= 0 && bytes.Compare(b, high) <= 0
		})
		return answer{kind: answerSome, dim: dimEntry, set: in}
	case partPort:
		return yes(m.portBetween(p, low, high))
	default:
		return p.bitsBetween(low, high)
	}
}

func (p *part) bitsBetween(low, high []byte) answer {
	if bytes.Equal(p.known, ones(p.len)) {
		return yes(bytes.Compare(low, p.bits) <= 0 && bytes.Compare(p.bits, high) <= 0)
	}
	if !bytes.Equal(low, high) {
		return answer{kind: answerUnknown, why: p.why}
	}
	for i := range p.bits {
		if (p.bits[i]^low[i])&p.known[i] != 0 {
			return answer{}
		}
	}
	if p.bounded && p.len == 4 {
		if n := nativeWord(low); n < p.low || n > p.high {
			return answer{}
		}
	}
	return answer{kind: answerUnknown, why: p.why}
}

// portBetween asks it of the port that is being followed, and narrows the ports
// that go the same way.
func (m *machine) portBetween(p *part, low, high []byte) bool {
	in := func(b []byte) bool { return bytes.Compare(low, b) <= 0 && bytes.Compare(b, high) <= 0 }
	is := in(p.bits)
	if p.ofPort == nil {
		m.keepPorts(set{{ofBytes(low), ofBytes(high)}}.orNone(), is)
		return is
	}
	m.filterPorts(func(port uint16) bool { return in(p.ofPort(port)) == is })
	return is
}

// keepPorts leaves the ports of a set, or those that are not in it.
func (m *machine) keepPorts(s set, in bool) {
	if in {
		m.ports = m.ports.and(s)
	} else {
		m.ports = m.ports.minus(s)
	}
}

// filterPorts leaves the ports for which f is true.
func (m *machine) filterPorts(f func(port uint16) bool) {
	var kept []span
	for _, s := range m.ports {
		for n := s.first.low; n <= s.last.low; n++ {
			m.steps++
			if f(uint16(n)) {
				kept = append(kept, span{small(n), small(n)})
			}
		}
	}
	m.ports = setOf(kept)
}

// spreadMost is into how many spans a mask with gaps may part a field.
const spreadMost = 1 << 12

// fieldBetween gives the numbers of a dimension of which a part, under its
// mask, is from low to high.
func (m *machine) fieldBetween(p *part, low, high []byte) answer {
	some := func(s set) answer { return answer{kind: answerSome, dim: p.dim, set: s} }
	rest := uint(p.width-p.at-p.len) * 8 // bits behind the part
	if p.mask == nil && p.xor == nil && p.at == 0 {
		first := ofBytes(low).shiftLeft(rest)
		last := ofBytes(high).shiftLeft(rest).or(lowBits(rest))
		return some(set{{first, last}}.orNone())
	}
	mask := ofBytes(orOnes(p.mask, p.len)).shiftLeft(rest)
	xor := ofBytes(orZeros(p.xor, p.len)).shiftLeft(rest)
	if !bytes.Equal(low, high) {
		return m.maskedBetween(p, mask, xor, ofBytes(low).shiftLeft(rest), ofBytes(high).shiftLeft(rest))
	}
	want := ofBytes(low).shiftLeft(rest).xor(xor)
	if want.and(mask.not()) != (number{}) {
		return answer{} // bits that the mask clears are asked for
	}
	all := lowBits(uint(p.width) * 8)
	free := mask.not().and(all)
	// The lowest bits that are free make spans; each free bit above doubles them.
	tail := trailingZeros(mask.or(all.not()))
	if mask == (number{}) {
		return some(set{{number{}, all}})
	}
	spans := []span{{want, want.or(lowBits(tail))}}
	for bit := tail; bit < uint(p.width)*8; bit++ {
		one := small(1).shiftLeft(bit)
		if free.and(one) == (number{}) {
			continue
		}
		if len(spans) > spreadMost/2 {
			return answer{kind: answerUnknown, why: m.reason("a mask with gaps")}
		}
		for _, s := range spans[:len(spans):len(spans)] {
			spans = append(spans, span{s.first.or(one), s.last.or(one)})
		}
	}
	m.steps += len(spans)
	return some(setOf(spans))
}

// maskedBetween asks it of a field under a mask, for a range: only a mask
// without gaps, as of a prefix, keeps the order.
func (m *machine) maskedBetween(p *part, mask, xor, low, high number) answer {
	all := lowBits(uint(p.width) * 8)
	below := mask.not().and(all)
	if below.and(below.next()) != (number{}) || xor != (number{}) {
		return answer{kind: answerUnknown, why: m.reason("a range under a mask")}
	}
	first := low
	if low.and(below) != (number{}) { // masked numbers have zeros there
		first = low.or(below).next()
		if all.less(first) || first == (number{}) {
			return answer{}
		}
	}
	return answer{kind: answerSome, dim: p.dim, set: set{{first, high.or(below)}}.orNone()}
}

// where parts a box by an answer.
func (a answer) where(b box) (in, out []box) {
	switch a.kind {
	case answerNo:
		return nil, []box{b}
	case answerYes:
		return []box{b}, nil
	case answerUnknown:
		b = b.doubt(a.why)
		return []box{b}, []box{b}
	}
	with, without, hasIn, hasOut := b.split(a.dim, a.set)
	if hasIn {
		in = []box{with}
	}
	if hasOut {
		out = []box{without}
	}
	return in, out
}

// inRange parts a box by whether a value is from low to high.
func (m *machine) inRange(b box, v value, low, high []byte) (in, out []box) {
	if len(v) == 1 {
		return m.between(&v[0], low, high).where(b)
	}
	if !bytes.Equal(low, high) {
		exact, ok := v.exact()
		if !ok {
			return answer{kind: answerUnknown, why: m.reason("a range over several fields")}.where(b)
		}
		return yes(bytes.Compare(low, exact) <= 0 && bytes.Compare(exact, high) <= 0).where(b)
	}
	return m.eachPart(b, v, func(p *part, at int) answer {
		return m.between(p, low[at:at+p.len], high[at:at+p.len])
	})
}

// eachPart parts a box by whether every part of a value is as ask says.
func (m *machine) eachPart(b box, v value, ask func(p *part, at int) answer) (in, out []box) {
	in = []box{b}
	at := 0
	for i := range v {
		a := ask(&v[i], at)
		at += v[i].len
		var still []box
		for _, one := range in {
			with, without := a.where(one)
			still = append(still, with...)
			out = append(out, without...)
		}
		if in = still; len(in) == 0 {
			break
		}
	}
	return in, out
}

// cmp parts a box by whether a value compares to data.
func (m *machine) cmp(b box, v value, op uint32, data []byte) (in, out []box) {
	n := len(data)
	least, most := zeros(n), ones(n)
	switch op {
	case ruleset.CmpEqual:
		return m.inRange(b, v, data, data)
	case ruleset.CmpNotEqual:
		in, out = m.inRange(b, v, data, data)
		return out, in
	case ruleset.CmpAtMost:
		return m.inRange(b, v, least, data)
	case ruleset.CmpAtLeast:
		return m.inRange(b, v, data, most)
	case ruleset.CmpLess:
		in, out = m.inRange(b, v, data, most)
		return out, in
	case ruleset.CmpGreater:
		in, out = m.inRange(b, v, least, data)
		return out, in
	}
	return answer{kind: answerUnknown, why: m.reason("a comparison of another kind")}.where(b)
}
