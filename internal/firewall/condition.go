package firewall

import (
	"encoding/binary"
	"fmt"

	"porthole/internal/firewall/ruleset"
)

func nativeBytes(n uint32) []byte { return binary.NativeEndian.AppendUint32(nil, n) }

// condition runs an expression that counts or that cannot be told, and returns
// the packets that go on.
//
// What counts is decided for a new connection at an ordinary rate: a limit is
// not reached, and more connections than one may be open. What passes such a
// limit carries its text.
func (m *machine) condition(e ruleset.Expr, b box, regs *registers) []box {
	switch e := e.(type) {
	case *ruleset.Limit:
		return m.limit(e, b)
	case *ruleset.Quota:
		const packet = 2000 // bytes: a packet may be what uses it up
		if e.Consumed+packet > e.Bytes && e.Consumed < e.Bytes+packet {
			return m.maybe(b, "a quota that is nearly used up")
		}
		return m.only(b, e.Consumed > e.Bytes == e.Over)
	case *ruleset.Connlimit:
		if e.Count == 0 {
			return m.only(b, e.Over)
		}
		return m.only(m.limitedBy(b, "a limit of "+fmt.Sprint(e.Count)+" connections"), !e.Over)
	case *ruleset.Dynset:
		return m.dynset(e, b)
	case *ruleset.Any:
		return m.any(e, b, regs)
	case *ruleset.Flow: // it takes over established connections only
		if m.at.proto == protoTCP {
			m.out(b)
			return nil
		}
		return m.maybe(b, "a flow table")
	case *ruleset.Notrack:
		if m.at.answer && !m.at.tracked && (b.state.destNAT || b.state.sourceNAT) {
			// What was translated cannot be undone: the client does not know it.
			m.ended = append(m.ended, ending{box: b, verdict: verdictDrop})
			return nil
		}
		if !m.at.tracked {
			b = b.alter(func(v *packetState) { v.untracked = true })
		}
		return []box{b}
	case *ruleset.MarkCopy:
		return []box{m.copyMark(e, b)}
	case *ruleset.Unknown:
		if e.Ends {
			why := m.reason(e.Name + ", which is not followed")
			m.ended = append(m.ended, ending{box: b, verdict: verdictUnknown, why: why})
			return nil
		}
		return m.maybe(b, e.Name+", which is not followed")
	}
	return m.maybe(b, "a condition of an unknown kind")
}

// only goes on with all packets, or with none.
func (m *machine) only(b box, goOn bool) []box {
	if goOn {
		return []box{b}
	}
	m.out(b)
	return nil
}

func (m *machine) limitedBy(b box, text string) box {
	why := m.reason(text)
	return b.alter(func(v *packetState) { v.limited = why })
}

func (m *machine) limit(e *ruleset.Limit, b box) []box {
	const packet = 1500 // bytes
	if e.Bytes && uint64(e.Burst)+e.Rate < packet {
		return m.maybe(b, "a limit of a few bytes")
	}
	if !e.Bytes && e.Rate == 0 {
		return m.maybe(b, "a limit of no packets")
	}
	return m.only(m.limitedBy(b, "a limit"), !e.Over)
}

// dynset adds to a set. What its own expressions count is decided as always.
func (m *machine) dynset(e *ruleset.Dynset, b box) []box {
	if e.Set != nil {
		b = b.alter(func(v *packetState) {
			if !v.addedTo.has(e.Set) {
				v.addedTo = m.ev.addSet(v.addedTo, e.Set)
			}
		})
	}
	if e.Not {
		return m.maybe(b, "a set that is full")
	}
	boxes := []box{b}
	for _, one := range e.Exprs {
		if _, harmless := one.(*ruleset.Note); harmless {
			continue
		}
		var next []box
		for _, b := range boxes {
			next = append(next, m.condition(one, b, &registers{})...)
		}
		boxes = next
	}
	return boxes
}

// any goes on if one of several lists does.
func (m *machine) any(e *ruleset.Any, b box, regs *registers) []box {
	rest := []box{b}
	var in []box
	for _, program := range e.Of {
		sub := machine{ev: m.ev, at: m.at, rule: m.rule, port: m.port, ports: m.ports}
		var still []box
		for _, one := range rest {
			again := *regs
			sub.rest = nil
			sub.run(append(program[:len(program):len(program)], &ruleset.Immediate{Verdict: &ruleset.Verdict{Code: ruleset.VerdictAccept}}), one, &again)
			still = append(still, sub.rest...)
		}
		for _, end := range sub.ended {
			in = append(in, end.box)
		}
		rest, m.ports = still, sub.ports
		m.steps += sub.steps
	}
	if e.Not {
		in, rest = rest, in
	}
	m.out(rest...)
	return in
}

// object applies a named object.
func (m *machine) object(e *ruleset.Objref, b box, regs *registers) []box {
	if e.Set != nil {
		return m.objectOfMap(e, b, regs)
	}
	if e.Object == nil {
		return m.maybe(b, "an object that could not be read")
	}
	if _, harmless := e.Object.Expr.(*ruleset.Note); harmless {
		return []box{b}
	}
	return m.condition(e.Object.Expr, b, regs)
}

// objectOfMap applies the object that belongs to a value.
func (m *machine) objectOfMap(e *ruleset.Objref, b box, regs *registers) (next []box) {
	v, ok := regs.load(e.Source, e.Set.KeyLen)
	if !ok {
		return m.maybe(b, "a register without a value")
	}
	hits, out := m.lookup(b, v, e.Set)
	m.out(out...)
	for _, h := range hits {
		if h.element == nil {
			next = append(next, m.maybe(h.box, "an object that a rule has added")...)
			continue
		}
		o := m.rule.rule.Chain.Table.Objects[ruleset.ObjectKey{Type: e.Set.ObjType, Name: h.element.Object}]
		if o == nil {
			next = append(next, m.maybe(h.box, "an object that could not be read")...)
		} else if _, harmless := o.Expr.(*ruleset.Note); harmless {
			next = append(next, h.box)
		} else {
			next = append(next, m.condition(o.Expr, h.box, regs)...)
		}
	}
	return next
}

// number is one that changes with each packet.
func (m *machine) number(e *ruleset.Number) part {
	p := unknownPart(4, m.reason(e.Name))
	if e.Modulus > 0 && e.Offset+e.Modulus-1 >= e.Offset {
		p.low, p.high, p.bounded = e.Offset, e.Offset+e.Modulus-1, true
	}
	return p
}
