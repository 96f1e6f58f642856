package firewall

import (
	"porthole/internal/firewall/ruleset"
)

// compile looks at a rule once, before it is run.
func (ev *evaluator) compile(r *ruleset.Rule) *compiled {
	if c := ev.rules[r]; c != nil {
		return c
	}
	c := &compiled{rule: r, program: r.Program(), anyPort: true, anyProto: true, decision: &Decision{Rule: r}}
	c.inert = inert(c.program)
	ev.conditions(c)
	c.simple = ev.simplify(c)
	c.onlySource = c.asksOnlySource()
	ev.rules[r] = c
	return c
}

// inert reports whether a program has no effect on where packets go.
func inert(program []ruleset.Expr) bool {
	for _, e := range program {
		switch e := e.(type) {
		case *ruleset.Note, *ruleset.Cmp, *ruleset.Range, *ruleset.Bitwise, *ruleset.Byteorder, *ruleset.Fib, *ruleset.Limit, *ruleset.Number:
		case *ruleset.Meta:
			if e.Source != ruleset.NoRegister {
				return false
			}
		case *ruleset.Payload:
			if e.Source != ruleset.NoRegister {
				return false
			}
		case *ruleset.Ct:
			if e.Source != ruleset.NoRegister {
				return false
			}
		case *ruleset.Lookup:
			if e.Map {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// conditions finds what a program asks of the protocol and the port at its
// beginning, where no packet gets past it otherwise. That passes over most rules
// without running them.
func (ev *evaluator) conditions(c *compiled) {
	var port, proto [ruleset.Registers]bool // registers that hold it
	for _, e := range c.program {
		switch e := e.(type) {
		case *ruleset.Meta:
			forget(e.Dest, &port, &proto)
			if e.Key == ruleset.MetaL4Proto && e.Source == ruleset.NoRegister && e.Dest >= 0 {
				proto[e.Dest] = true
			}
		case *ruleset.Payload:
			forget(e.Dest, &port, &proto)
			if e.Base == ruleset.BaseTransport && e.Offset == 2 && e.Len == 2 && e.Dest >= 0 {
				port[e.Dest] = true
			}
		case *ruleset.Cmp:
			ev.cmpCondition(c, e, &port, &proto)
		case *ruleset.Range:
			if held(e.Source, &port) && !e.Not && len(e.From) == 2 && len(e.To) == 2 {
				c.need(set{{ofBytes(e.From), ofBytes(e.To)}}.orNone())
			}
		case *ruleset.Lookup:
			if held(e.Source, &port) && !e.Not && e.Set != nil && e.Set.KeyLen == 2 {
				ev.lookupCondition(c, e)
			}
			forgetAll(&port, &proto)
		case *ruleset.Ct:
			forget(e.Dest, &port, &proto)
		case *ruleset.Note:
		default:
			return
		}
	}
}

func held(r ruleset.Register, in *[ruleset.Registers]bool) bool { return r >= 0 && in[r] }

// forget is for a register that something else was loaded into; it may take
// several.
func forget(r ruleset.Register, kinds ...*[ruleset.Registers]bool) {
	for _, in := range kinds {
		for n := max(r, 0); n < ruleset.Registers && n < r+4; n++ {
			in[n] = false
		}
	}
}

func forgetAll(kinds ...*[ruleset.Registers]bool) {
	for _, in := range kinds {
		*in = [ruleset.Registers]bool{}
	}
}

func (ev *evaluator) cmpCondition(c *compiled, e *ruleset.Cmp, port, proto *[ruleset.Registers]bool) {
	if held(e.Source, proto) && e.Op == ruleset.CmpEqual && len(e.Data) == 1 {
		c.anyProto = false
		c.proto = e.Data[0]
	}
	if !held(e.Source, port) || len(e.Data) != 2 {
		return
	}
	n, top := ofBytes(e.Data), small(1<<16-1)
	switch e.Op {
	case ruleset.CmpEqual:
		c.need(setOfOne(n))
	case ruleset.CmpAtMost:
		c.need(set{{number{}, n}})
	case ruleset.CmpAtLeast:
		c.need(set{{n, top}})
	}
}

func (ev *evaluator) lookupCondition(c *compiled, e *ruleset.Lookup) {
	if e.Set.Flags&ruleset.SetEval != 0 || e.Set.Written {
		return // a rule before may add to it
	}
	x := ev.index(e.Set)
	if x.catchAll != nil || !x.single {
		return
	}
	var keys set
	for i := range x.classes {
		keys = keys.or(x.classes[i].keys)
	}
	c.need(keys)
}

func (c *compiled) need(s set) {
	if c.anyPort {
		c.anyPort, c.ports = false, s
		return
	}
	c.ports = c.ports.and(s)
}
