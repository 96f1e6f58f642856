package firewall

import (
	"sort"

	"porthole/internal/firewall/ruleset"
)

// hit is packets that met an element of a set.
type hit struct {
	box     box
	element *ruleset.Element // nil for one that a rule before has added
}

// lookup parts a box by which element of a set a value meets.
func (m *machine) lookup(b box, v value, s *ruleset.Set) (hits []hit, out []box) {
	x := m.ev.index(s)
	m.steps++
	if b.state.addedTo.has(s) {
		hits, out = x.any(b.doubt(m.reason("a set that the same packet is added to")))
		return append(hits, hit{box: out[0]}), out
	}
	if len(v) == 1 && x.single && v[0].kind == partPort {
		hits, out = m.lookupPort(b, &v[0], x)
	} else if p := &v[0]; len(v) == 1 && x.single && p.kind == partField && p.mask == nil && p.xor == nil && p.at == 0 && p.len == p.width {
		hits, out = m.lookupField(b, p.dim, x)
	} else if exact, ok := v.exact(); ok && x.single {
		hits, out = x.lookupExact(b, exact)
	} else {
		hits, out = m.lookupEach(b, v, x)
	}
	if x.catchAll != nil {
		for _, one := range out {
			hits = append(hits, hit{one, x.catchAll})
		}
		out = nil
	}
	return hits, out
}

// any is packets of which it cannot be told which element they meet, if any.
func (x *setIndex) any(b box) (hits []hit, out []box) {
	for i := range x.classes {
		hits = append(hits, hit{b, x.classes[i].element})
	}
	return hits, []box{b}
}

func (x *setIndex) lookupExact(b box, key []byte) (hits []hit, out []box) {
	if c := x.find(ofBytes(key)); c >= 0 {
		return []hit{{b, x.classes[c].element}}, nil
	}
	return nil, []box{b}
}

func (m *machine) lookupPort(b box, p *part, x *setIndex) (hits []hit, out []box) {
	found := x.find(ofBytes(p.bits))
	if p.ofPort != nil {
		m.filterPorts(func(port uint16) bool { return x.find(ofBytes(p.ofPort(port))) == found })
	} else if found >= 0 {
		m.keepPorts(x.classes[found].keys, true)
	} else {
		for i := range x.classes {
			m.keepPorts(x.classes[i].keys, false)
		}
	}
	if found < 0 {
		return nil, []box{b}
	}
	return []hit{{b, x.classes[found].element}}, nil
}

func (m *machine) lookupField(b box, d dimension, x *setIndex) (hits []hit, out []box) {
	for i := range x.classes {
		m.steps++
		in, rest, hasIn, hasOut := b.split(d, x.classes[i].keys)
		if hasIn {
			hits = append(hits, hit{in, x.classes[i].element})
		}
		if !hasOut {
			return hits, nil
		}
		b = rest
	}
	return hits, []box{b}
}

// lookupEach asks element by element.
func (m *machine) lookupEach(b box, v value, x *setIndex) (hits []hit, out []box) {
	oneDim := make([][dimensions][]span, len(x.classes)) // elements that depend on one dimension only
	doubts := make([]*Reason, len(x.classes))
	sure := -1                           // a class that all packets meet
	pairs := blocks{of: map[block]int{}} // elements that depend on several
	count := uint64(0)                   // of keys that are possible for a bounded number
	for _, i := range m.candidates(v, x) {
		e, c := &x.set.Elements[i], x.classOf[i]
		if c < 0 {
			continue
		}
		m.steps++
		t := m.meets(b, v, e, x.set)
		switch {
		case t.no:
		case t.why != nil:
			doubts[c] = t.why
			count += uint64(nativeWord(last(e))) - uint64(nativeWord(e.Key)) + 1
		case len(t.some) == 0:
			sure = c
		case len(t.some) == 1:
			list := &oneDim[c][t.some[0].dim]
			*list = append(*list, t.some[0].set...)
		default:
			pairs.add(c, t.some)
		}
	}
	if sure >= 0 {
		return []hit{{b, x.classes[sure].element}}, nil
	}
	rest := []box{b}
	for c := range oneDim {
		for d, spans := range oneDim[c] {
			if len(spans) > 0 {
				rest = takeOut(rest, dimension(d), setOf(spans), func(in box) { hits = append(hits, hit{in, x.classes[c].element}) })
			}
		}
	}
	several := pairs.hits(b, x)
	if after, in, ok := m.takeBoxes(rest, several); ok {
		rest, hits = after, append(hits, in...)
	} else {
		for _, one := range several {
			doubts[one.class] = m.ev.tooMuch
		}
	}
	return m.lookupDoubts(rest, v, x, doubts, count, hits)
}

// classHit is a hit with the class of its element.
type classHit struct {
	hit
	class int
}

// partsMost bounds the work of one look into a set whose elements part packets in
// several dimensions: it grows with the square of their number, and whoever owns a
// network namespace chooses that.
const partsMost = 1 << 18

// takeBoxes parts boxes by hits. It fails if that is too much work.
func (m *machine) takeBoxes(boxes []box, several []classHit) (rest []box, hits []hit, ok bool) {
	began := m.steps
	for _, one := range several {
		if boxes = m.takeBox(boxes, one.hit, &hits); m.steps-began > partsMost {
			return nil, nil, false
		}
	}
	return boxes, hits, true
}

// takeOut parts boxes by a set, and gives those inside to f.
func takeOut(boxes []box, d dimension, s set, f func(in box)) (rest []box) {
	for _, b := range boxes {
		in, out, hasIn, hasOut := b.split(d, s)
		if hasIn {
			f(in)
		}
		if hasOut {
			rest = append(rest, out)
		}
	}
	return rest
}

// takeBox adds what of some boxes is in that of a hit, and returns the rest.
func (m *machine) takeBox(boxes []box, one hit, hits *[]hit) (rest []box) {
	for _, b := range boxes {
		m.steps++
		in, ok := b.and(&one.box)
		if !ok {
			rest = append(rest, b)
			continue
		}
		for d := range b.dim {
			m.steps += len(b.dim[d])
		}
		*hits = append(*hits, hit{in, one.element})
		rest = append(rest, b.minus(&one.box)...)
	}
	return rest
}

// lookupDoubts adds what elements may be met. A bounded number whose values are
// all keys meets one of them.
func (m *machine) lookupDoubts(rest []box, v value, x *setIndex, doubts []*Reason, count uint64, hits []hit) ([]hit, []box) {
	var possible []int
	for c, why := range doubts {
		if why != nil {
			possible = append(possible, c)
		}
	}
	if len(possible) == 0 {
		return hits, rest
	}
	covered := len(v) == 1 && v[0].bounded && count > uint64(v[0].high)-uint64(v[0].low)
	var out []box
	for _, b := range rest {
		for _, c := range possible {
			one := b
			if !covered || len(possible) > 1 {
				one = b.doubt(doubts[c])
			}
			hits = append(hits, hit{one, x.classes[c].element})
		}
		if !covered {
			out = append(out, b.doubt(doubts[possible[0]]))
		}
	}
	return hits, out
}

// meeting says when a value meets an element: always if it is empty.
type meeting struct {
	no   bool
	some []answer // for packets that are in all of these
	why  *Reason  // it cannot be told
}

// meets asks part by part. The fields of a key are filled up to 4 bytes each; a
// range has one of each field.
func (m *machine) meets(b box, v value, e *ruleset.Element, s *ruleset.Set) (t meeting) {
	low, high := e.Key, last(e)
	if len(low) < v.length() || len(high) < len(low) {
		return meeting{no: true}
	}
	if len(s.Fields) < 2 && len(v) > 1 && e.Last != nil { // one range over several parts
		return meeting{why: m.reason("a range over several fields")}
	}
	at := 0
	for i := range v {
		p := &v[i]
		from, to := low[at:at+p.len], high[at:at+p.len]
		at += p.len
		if p.kind == partPort { // candidates has narrowed the ports
			if port := ofBytes(p.bits); p.ofPort == nil && !(span{ofBytes(from), ofBytes(to)}).has(port) {
				return meeting{no: true}
			} else if p.ofPort == nil {
				continue
			}
		}
		switch a := m.between(p, from, to); a.kind {
		case answerNo:
			return meeting{no: true}
		case answerSome:
			if !b.dim[a.dim].meets(a.set) {
				return meeting{no: true}
			}
			if !b.dim[a.dim].within(a.set) {
				t.some = append(t.some, a)
			}
		case answerUnknown:
			t.why = a.why
		}
	}
	return t
}

// candidates lists the elements that the port being followed may meet, and
// narrows the ports to those that go the same way.
func (m *machine) candidates(v value, x *setIndex) []int {
	at := 0
	for i := range v {
		if p := &v[i]; p.kind == partPort && p.ofPort == nil && p.len == 2 {
			cells := x.ports[at]
			if cells == nil {
				cells = newPortCells(x, at)
				x.ports[at] = cells
			}
			n := uint32(ofBytes(p.bits).low)
			if cells.bounds == nil {
				m.keepPorts(setOfOne(small(uint64(n))), true)
				break
			}
			c := sort.Search(len(cells.bounds), func(i int) bool { return n < cells.bounds[i] }) - 1
			end := uint32(1 << 16)
			if c+1 < len(cells.bounds) {
				end = cells.bounds[c+1]
			}
			m.keepPorts(set{{small(uint64(cells.bounds[c])), small(uint64(end - 1))}}, true)
			return cells.lists[c]
		}
		at += v[i].len
	}
	if x.all == nil {
		x.all = make([]int, len(x.set.Elements))
		for i := range x.all {
			x.all[i] = i
		}
	}
	return x.all
}
