package firewall

import (
	"encoding/binary"

	"porthole/internal/firewall/ruleset"
)

// machine runs one rule on the packets of a box, for one port that was asked
// about, as nft_do_chain of the kernel does for one packet. Where a condition
// holds for some of the packets it parts the box.
type machine struct {
	ev   *evaluator
	at   position
	rule *compiled

	port  uint16 // that is being followed
	ports set    // those that would go the same way; narrowed with each condition on the port

	rest  []box    // packets that go on with the next rule
	ended []ending // packets that the rule decided about
	steps int
}

// ending is packets with a verdict.
type ending struct {
	box     box
	verdict verdict
	target  *ruleset.Chain // of jump and goto
	why     *Reason        // of verdictUnknown
}

type verdict uint8

const (
	verdictAccept verdict = iota
	verdictDrop
	verdictReject
	verdictUnknown // what becomes of them nobody can tell
	verdictReturn
	verdictJump
	verdictGoto
)

// position is where a chain is met, on the way of packets through the kernel.
type position struct {
	hook   ruleset.Hook
	family ruleset.Family // of the table
	chain  *ruleset.Chain
	v6     bool
	proto  byte
	// tracked: connection tracking has seen the packet.
	tracked bool
	nat     bool // the base chain is of type nat
	answer  bool // what is followed is the answer to the first packet
	undone  bool // translations have been undone in it
}

// reason is why something cannot be told here; the same text gives the same
// pointer.
func (m *machine) reason(text string) *Reason { return m.rule.reason(text) }

// compiled is a rule with what is known of it before it is run.
type compiled struct {
	rule     *ruleset.Rule
	program  []ruleset.Expr
	ports    set  // it meets no packets to other ports, as they are now
	anyPort  bool // ports says nothing
	proto    byte // it meets no packets of other protocols
	anyProto bool // proto says nothing
	inert    bool // it has no effect on where packets go
	simple   *simple

	onlySource bool // it asks for the source alone, and ends there

	decision *Decision
	reasons  map[string]*Reason
}

func (c *compiled) reason(text string) *Reason {
	r := c.reasons[text]
	if r == nil {
		r = &Reason{Rule: c.rule, Text: text}
		if c.reasons == nil {
			c.reasons = map[string]*Reason{}
		}
		c.reasons[text] = r
	}
	return r
}

// run takes expressions from one on.
func (m *machine) run(program []ruleset.Expr, b box, regs *registers) {
	for i, e := range program {
		m.steps++
		var next []box
		switch e := e.(type) {
		case *ruleset.Immediate:
			if e.Verdict != nil {
				m.end(b, e.Verdict)
				return
			}
			regs.store(e.Dest, constant(e.Data))
			continue
		case *ruleset.Note, *ruleset.Match: // matches have been put into other expressions
			continue
		case *ruleset.Lookup:
			m.runLookup(e, program[i+1:], b, regs)
			return
		case *ruleset.Fib:
			m.runFib(e, program[i+1:], b, regs)
			return
		case *ruleset.Objref:
			next = m.object(e, b, regs)
		default:
			var done bool
			next, done = m.step(e, b, regs)
			if done {
				return
			}
		}
		if len(next) == 0 {
			return
		}
		for _, one := range next[1:] {
			again := *regs
			m.run(program[i+1:], one, &again)
		}
		b = next[0]
	}
	m.rest = append(m.rest, b)
}

// step runs one expression, and returns the packets that go on in the rule.
func (m *machine) step(e ruleset.Expr, b box, regs *registers) (next []box, done bool) {
	switch e := e.(type) {
	case *ruleset.Meta:
		if e.Source != ruleset.NoRegister {
			return []box{m.setMeta(e, b, regs)}, false
		}
		return m.loaded(e.Dest, b, regs, m.meta(e, b)), false
	case *ruleset.Ct:
		if e.Source != ruleset.NoRegister {
			return m.setCt(e, b, regs), false
		}
		return m.loaded(e.Dest, b, regs, m.ct(e, b)), false
	case *ruleset.Payload:
		if e.Source != ruleset.NoRegister {
			return m.write(e, b, regs), false
		}
		return m.loaded(e.Dest, b, regs, m.payload(e, b)), false
	case *ruleset.Load:
		return m.loadUnknown(e.Dest, e.Name, b, regs), false
	case *ruleset.Exthdr:
		return m.exthdr(e, b, regs), false
	case *ruleset.Number:
		regs.store(e.Dest, value{m.number(e)})
		return []box{b}, false
	case *ruleset.Cmp, *ruleset.Range, *ruleset.Bitwise, *ruleset.Byteorder:
		return m.compute(e, b, regs), false
	case *ruleset.Limit, *ruleset.Quota, *ruleset.Connlimit, *ruleset.Dynset, *ruleset.Any, *ruleset.Unknown, *ruleset.Flow, *ruleset.MarkCopy, *ruleset.Notrack:
		return m.condition(e, b, regs), false
	}
	m.finish(e, b, regs)
	return nil, true
}

// exthdr loads a part of an extension header of IPv6 or an option. An ordinary
// packet has none but the options of TCP.
func (m *machine) exthdr(e *ruleset.Exthdr, b box, regs *registers) []box {
	const tcpOption = 1
	switch {
	case e.Source != ruleset.NoRegister:
		return []box{b}
	case e.Op == tcpOption:
		return m.loadUnknown(e.Dest, "an option of TCP", b, regs)
	case e.Present:
		regs.store(e.Dest, constant(zeros(4)))
		return []box{b}
	default:
		m.out(b)
		return nil
	}
}

// out lets packets go on with the next rule.
func (m *machine) out(boxes ...box) { m.rest = append(m.rest, boxes...) }

// loaded stores a value. Packets that have none leave the rule.
func (m *machine) loaded(to ruleset.Register, b box, regs *registers, v value) []box {
	if v == nil {
		m.out(b)
		return nil
	}
	regs.store(to, v)
	if p := &v[0]; p.kind == partEntry && len(v) == 1 {
		has := func(value []byte) bool { return value != nil }
		in, rest := answer{kind: answerSome, dim: dimEntry, set: indexesWhere(p.table, has)}.where(b)
		m.out(rest...)
		return in
	}
	return []box{b}
}

// loadUnknown stores a value that cannot be told; there may also be none, and
// then packets leave the rule.
func (m *machine) loadUnknown(to ruleset.Register, name string, b box, regs *registers) []box {
	why := m.reason(name)
	regs.store(to, value{unknownPart(16, why)})
	m.out(b.doubt(why))
	return []box{b.doubt(why)}
}

// compute compares values or makes new ones.
func (m *machine) compute(e ruleset.Expr, b box, regs *registers) []box {
	switch e := e.(type) {
	case *ruleset.Cmp:
		v, ok := regs.load(e.Source, len(e.Data))
		if !ok {
			return m.maybe(b, "a register without a value")
		}
		in, out := m.cmp(b, v, e.Op, e.Data)
		m.out(out...)
		return in
	case *ruleset.Range:
		v, ok := regs.load(e.Source, len(e.From))
		if !ok || len(e.To) != len(e.From) {
			return m.maybe(b, "a register without a value")
		}
		in, out := m.inRange(b, v, e.From, e.To)
		if e.Not {
			in, out = out, in
		}
		m.out(out...)
		return in
	case *ruleset.Bitwise:
		m.bitwise(e, regs)
	case *ruleset.Byteorder:
		v, ok := regs.load(e.Source, e.Len)
		switch big := binary.NativeEndian.Uint16([]byte{0, 1}) == 1; {
		case !ok || e.Size <= 0:
			v = value{unknownPart(max(e.Len, 1), m.reason("a register without a value"))}
		case !big: // else the machine's order is that of the network
			v = v.reversed(e.Size, m.reason("a turned field"))
		}
		regs.store(e.Dest, v)
	}
	return []box{b}
}

func (m *machine) bitwise(e *ruleset.Bitwise, regs *registers) {
	v, ok := regs.load(e.Source, e.Len)
	switch exact, known := v.exact(); {
	case !ok:
		v = value{unknownPart(max(e.Len, 1), m.reason("a register without a value"))}
	case e.Op == ruleset.BitwiseMaskXor && !e.Second && e.Mask != nil:
		v = v.masked(e.Mask, e.Xor)
	case e.Op == ruleset.BitwiseLeft && known && len(exact) == 4:
		v = constant(nativeBytes(nativeWord(exact) << e.Shift))
	case e.Op == ruleset.BitwiseRight && known && len(exact) == 4:
		v = constant(nativeBytes(nativeWord(exact) >> e.Shift))
	default:
		v = value{unknownPart(e.Len, m.reason("a computed value"))}
	}
	regs.store(e.Dest, v)
}

// maybe is a condition that cannot be told.
func (m *machine) maybe(b box, text string) []box {
	b = b.doubt(m.reason(text))
	m.out(b)
	return []box{b}
}

// runLookup looks up a value, and goes on with each thing that belongs to it.
func (m *machine) runLookup(e *ruleset.Lookup, rest []ruleset.Expr, b box, regs *registers) {
	if e.Set == nil {
		b = b.doubt(m.reason("a set that could not be read"))
		m.out(b)
		if e.Map {
			m.ended = append(m.ended, ending{box: b, verdict: verdictUnknown, why: b.why})
			return
		}
		m.run(rest, b, regs)
		return
	}
	v, ok := regs.load(e.Source, e.Set.KeyLen)
	if !ok {
		v = value{unknownPart(max(e.Set.KeyLen, 1), m.reason("a register without a value"))}
	}
	hits, out := m.lookup(b, v, e.Set)
	if e.Not { // never with a map
		for _, h := range hits {
			m.out(h.box)
		}
		m.each(rest, out, regs)
		return
	}
	m.out(out...)
	for _, h := range hits {
		if h.element == nil && e.Map {
			m.ended = append(m.ended, ending{box: h.box, verdict: verdictUnknown, why: h.box.why})
			continue
		}
		for _, one := range m.elementExprs(h) {
			again := *regs
			if e.Map && h.element.Verdict == nil {
				again.store(e.Dest, constant(h.element.Data))
			}
			if e.Map && h.element.Verdict != nil {
				m.end(one, h.element.Verdict)
				continue
			}
			m.run(rest, one, &again)
		}
	}
}

// each runs expressions on several boxes.
func (m *machine) each(program []ruleset.Expr, boxes []box, regs *registers) {
	for _, one := range boxes {
		again := *regs
		m.run(program, one, &again)
	}
}

// elementExprs runs what belongs to an element, such as a limit.
func (m *machine) elementExprs(h hit) []box {
	boxes := []box{h.box}
	if h.element == nil {
		return boxes
	}
	for _, e := range h.element.Exprs {
		if _, harmless := e.(*ruleset.Note); harmless {
			continue
		}
		var next []box
		for _, b := range boxes {
			next = append(next, m.condition(e, b, &registers{})...)
		}
		boxes = next
	}
	return boxes
}

// end gives packets a verdict.
func (m *machine) end(b box, v *ruleset.Verdict) {
	e := ending{box: b}
	switch v.Code {
	case ruleset.VerdictAccept:
		e.verdict = verdictAccept
	case ruleset.VerdictDrop:
		e.verdict = verdictDrop
	case ruleset.VerdictContinue, ruleset.VerdictBreak:
		m.out(b)
		return
	case ruleset.VerdictReturn:
		e.verdict = verdictReturn
	case ruleset.VerdictJump, ruleset.VerdictGoto:
		e.verdict = verdictJump
		if v.Code == ruleset.VerdictGoto {
			e.verdict = verdictGoto
		}
		if e.target = m.rule.rule.Chain.Table.Chain(v.Chain); e.target == nil {
			e.verdict, e.why = verdictUnknown, m.reason("a chain that could not be read")
		}
	default:
		e.verdict, e.why = verdictUnknown, m.reason("a queue to a program")
	}
	m.ended = append(m.ended, e)
}

// finish runs what ends a rule.
func (m *machine) finish(e ruleset.Expr, b box, regs *registers) {
	switch e := e.(type) {
	case *ruleset.Reject:
		m.ended = append(m.ended, ending{box: b, verdict: verdictReject})
	case *ruleset.NAT:
		m.nat(e, b, regs)
	case *ruleset.Forward:
		m.ended = append(m.ended, ending{box: b, verdict: verdictDrop})
	case *ruleset.Queue:
		m.ended = append(m.ended, ending{box: b, verdict: verdictUnknown, why: m.reason("a queue to a program")})
	default:
		m.ended = append(m.ended, ending{box: b, verdict: verdictUnknown, why: m.reason("an expression of an unknown kind")})
	}
}
