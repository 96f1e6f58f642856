package firewall

import (
	"net/netip"

	"porthole/internal/firewall/ruleset"
)

// runFib asks the routes about an address, and goes on with each answer.
func (m *machine) runFib(e *ruleset.Fib, rest []ruleset.Expr, b box, regs *registers) {
	for _, one := range m.fib(e, b) {
		again := *regs
		again.store(e.Dest, value{one.part})
		m.run(rest, one.box, &again)
	}
}

// fibAnswer is packets of which the routes say the same.
type fibAnswer struct {
	box  box
	part part
}

func (m *machine) fib(e *ruleset.Fib, b box) []fibAnswer {
	unknown := func(text string) []fibAnswer { return []fibAnswer{{b, unknownPart(16, m.reason(text))}} }
	r := m.ev.routes
	if !r.localFirst && e.Result != ruleset.FibResultType {
		return unknown("policy routing")
	}
	if m.at.answer {
		return unknown("fib about an answer")
	}
	source := e.Flags&ruleset.FibSource != 0
	if source && b.state.sourceWhy != nil {
		return unknown("a source that was changed")
	}
	fixed := netip.Addr{}
	if !source {
		fixed = b.state.dest
	}
	d := dimDest
	if source {
		d = dimSource
	}
	if e.Flags&ruleset.FibOIF != 0 {
		return unknown("fib with an output interface")
	}
	if e.Result == ruleset.FibResultType {
		return m.fibType(e, b, d, fixed)
	}
	if !r.plain {
		return m.fibByPolicy(e, b, d, fixed)
	}
	return m.fibLink(e, b, d, fixed)
}

// fibByPolicy is fibLink with rules of policy routing.
func (m *machine) fibByPolicy(e *ruleset.Fib, b box, d dimension, fixed netip.Addr) (all []fibAnswer) {
	w := way{to: d, fixedTo: fixed, from: dimDest, fixedFrom: b.state.dest, in: "lo"}
	if d == dimDest {
		w.from, w.fixedFrom, w.fromWhy = dimSource, netip.Addr{}, b.state.sourceWhy
	}
	if e.Flags&ruleset.FibMark != 0 {
		w.mark, w.markWhy = b.state.mark, b.state.markWhy
	}
	for i, en := range m.ev.entries {
		in, ok := b.ofEntry(i)
		if !ok {
			continue
		}
		for _, l := range m.ev.exits(in, w) {
			switch {
			case l.link == severalOut:
				all = append(all, fibAnswer{l.box, unknownPart(16, m.reason("a route with several ways"))})
				continue
			case e.Flags&ruleset.FibIIF != 0 && l.link != en.link.Index:
				l.link = 0
			}
			all = append(all, fibAnswer{l.box, m.linkPart(e, l.link)})
		}
	}
	return all
}

// fibType tells the type of an address. With an interface, only its own
// addresses are local.
func (m *machine) fibType(e *ruleset.Fib, b box, d dimension, fixed netip.Addr) (all []fibAnswer) {
	r := m.ev.routes
	add := func(b box, t RouteType) {
		all = append(all, fibAnswer{b, constPart(nativeBytes(uint32(t)))})
	}
	split := func(b box, own set, perLink bool) {
		rest := []box{b}
		for _, t := range []RouteType{RouteLocal, RouteMulticast, RouteBroadcast} {
			of := r.addressType(t)
			if t == RouteLocal && perLink {
				of = own
			}
			if fixed.IsValid() {
				if of.has(ofAddr(fixed)) {
					add(b, t)
					return
				}
				continue
			}
			rest = takeOut(rest, d, of, func(in box) { add(in, t) })
		}
		for _, one := range rest {
			if m.at.v6 && !r.plain { // there the kernel asks all tables
				all = append(all, fibAnswer{one, unknownPart(16, m.reason("policy routing"))})
				continue
			}
			m.fibUnicast(one, d, fixed, add)
		}
	}
	if e.Flags&ruleset.FibIIF == 0 {
		split(b, nil, false)
		return all
	}
	for i, en := range m.ev.entries {
		if in, ok := b.ofEntry(i); ok {
			split(in, m.ev.ownAddrs(en.link), true)
		}
	}
	return all
}

// fibUnicast tells the types of addresses that are neither the host's own nor
// for many. For IPv6 the kernel looks at their routes.
func (m *machine) fibUnicast(b box, d dimension, fixed netip.Addr, add func(box, RouteType)) {
	r := m.ev.routes
	if !m.at.v6 {
		add(b, RouteUnicast)
		return
	}
	routed := r.answered()
	if fixed.IsValid() {
		if routed.has(ofAddr(fixed)) {
			add(b, RouteUnicast)
		} else {
			add(b, RouteUnreachable)
		}
		return
	}
	// Own addresses of other interfaces have a route to the host itself.
	in, out, hasIn, hasOut := b.split(d, routed.or(r.local))
	if hasIn {
		add(in, RouteUnicast)
	}
	if hasOut {
		add(out, RouteUnreachable)
	}
}

// ownAddrs are those of an interface.
func (ev *evaluator) ownAddrs(l *Link) set {
	var spans []span
	for _, a := range l.Addrs {
		if a.Addr().Is6() == ev.v6 {
			n := ofAddr(a.Addr())
			spans = append(spans, span{n, n})
		}
	}
	return setOf(spans)
}

// fibLink tells the interface that an address is reached by; 0 or no name if
// there is none. With FibIIF only the interface counts that the packet came in
// by.
func (m *machine) fibLink(e *ruleset.Fib, b box, d dimension, fixed netip.Addr) (all []fibAnswer) {
	r := m.ev.routes
	add := func(b box, index int) { all = append(all, fibAnswer{b, m.linkPart(e, index)}) }
	if e.Flags&ruleset.FibIIF == 0 {
		if fixed.IsValid() {
			add(b, singleLink(r.lookup(fixed)))
			return all
		}
		rest := []box{b}
		for i := range m.ev.host.Links {
			index := m.ev.host.Links[i].Index
			of := r.where(func(one *Route) bool { return singleLink(one) == index })
			rest = takeOut(rest, d, of, func(in box) { add(in, index) })
		}
		several := r.where(func(one *Route) bool { return one != nil && one.Type == RouteUnicast && len(one.Links) > 1 })
		rest = takeOut(rest, d, several, func(in box) {
			all = append(all, fibAnswer{in, unknownPart(16, m.reason("a route with several ways"))})
		})
		for _, one := range rest {
			add(one, 0)
		}
		return all
	}
	for i, en := range m.ev.entries {
		in, ok := b.ofEntry(i)
		if !ok {
			continue
		}
		back := m.ev.back(en.link.Index)
		if fixed.IsValid() {
			index := 0
			if back.has(ofAddr(fixed)) {
				index = en.link.Index
			}
			add(in, index)
			continue
		}
		with, without, hasIn, hasOut := in.split(d, back)
		if hasIn {
			add(with, en.link.Index)
		}
		if hasOut {
			add(without, 0)
		}
	}
	return all
}

// singleLink is the interface of a route that has just one; else 0.
func singleLink(r *Route) int {
	if r == nil || r.Type != RouteUnicast || len(r.Links) != 1 {
		return 0
	}
	return r.Links[0]
}

// linkPart is the value for an interface: whether there is one, its index or
// its name.
func (m *machine) linkPart(e *ruleset.Fib, index int) part {
	if e.Flags&ruleset.FibPresent != 0 {
		n := uint32(0)
		if index != 0 {
			n = 1
		}
		return constPart(nativeBytes(n))
	}
	if e.Result == ruleset.FibResultOIF {
		return constPart(nativeBytes(uint32(index)))
	}
	if l := m.ev.host.link(index); l != nil {
		return constPart(nameBytes(l.Name))
	}
	return constPart(zeros(nameLen))
}
