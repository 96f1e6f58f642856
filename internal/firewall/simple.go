package firewall

import (
	"porthole/internal/firewall/ruleset"
)

// simple is a rule whose conditions are each about one thing, with a verdict at
// its end. Most rules are; they need no registers.
type simple struct {
	conditions []simpleCondition
	port       set // of a condition on the port; nil if there is none
	onPort     bool
	verdict    *ruleset.Verdict
}

// simpleCondition asks for a set of a dimension, or for what is not in it.
type simpleCondition struct {
	dim dimension
	set set
	not bool
}

// simplify gives a rule in its simple form; nil if it has none.
func (ev *evaluator) simplify(c *compiled) *simple {
	s := &simple{}
	var load ruleset.Expr
	for i, e := range c.program {
		switch e := e.(type) {
		case *ruleset.Note:
		case *ruleset.Meta, *ruleset.Payload:
			load = e
		case *ruleset.Cmp:
			if !ev.simpleCmp(s, load, e) {
				return nil
			}
		case *ruleset.Immediate:
			if e.Verdict == nil || i != len(c.program)-1 {
				return nil
			}
			s.verdict = e.Verdict
		default:
			return nil
		}
	}
	if s.verdict == nil {
		return nil
	}
	return s
}

// simpleCmp adds a condition to be equal, or not.
func (ev *evaluator) simpleCmp(s *simple, load ruleset.Expr, e *ruleset.Cmp) bool {
	if e.Op != ruleset.CmpEqual && e.Op != ruleset.CmpNotEqual {
		return false
	}
	not := e.Op == ruleset.CmpNotEqual
	switch l := load.(type) {
	case *ruleset.Meta:
		if l.Source != ruleset.NoRegister || l.Dest != e.Source {
			return false
		}
		// Of the protocol anyProto has it already.
		return l.Key == ruleset.MetaL4Proto && !not && len(e.Data) == 1
	case *ruleset.Payload:
		if l.Source != ruleset.NoRegister || l.Dest != e.Source || l.Len != len(e.Data) {
			return false
		}
		if l.Base == ruleset.BaseTransport && l.Offset == 2 && l.Len == 2 && !not && !s.onPort {
			s.onPort, s.port = true, setOfOne(ofBytes(e.Data))
			return true
		}
		from, width := 12, 4
		if ev.v6 {
			from, width = 8, 16
		}
		if l.Base == ruleset.BaseNetwork && l.Offset == from && l.Len <= width && l.Len > 0 {
			rest := uint(width-l.Len) * 8
			first := ofBytes(e.Data).shiftLeft(rest)
			s.conditions = append(s.conditions, simpleCondition{dimSource, set{{first, first.or(lowBits(rest))}}, not})
			return true
		}
	}
	return false
}

// runSimple runs a rule in its simple form. It fails for packets that its
// conditions do not see as they were sent.
func (m *machine) runSimple(s *simple, b box) bool {
	if s == nil || m.at.answer || b.state.sourceWhy != nil || b.state.destPort != 0 {
		return false
	}
	m.steps++
	if s.onPort {
		in := s.port.has(small(uint64(m.port)))
		m.keepPorts(s.port, in)
		if !in {
			m.out(b)
			return true
		}
	}
	for i := range s.conditions {
		c := &s.conditions[i]
		in, out, hasIn, hasOut := b.split(c.dim, c.set)
		if c.not {
			in, out, hasIn, hasOut = out, in, hasOut, hasIn
		}
		if hasOut {
			m.out(out)
		}
		if !hasIn {
			return true
		}
		b = in
	}
	m.end(b, s.verdict)
	return true
}
