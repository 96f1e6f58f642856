package firewall

import (
	"net/netip"
	"slices"
)

// Actions of policies (linux/fib_rules.h).
const (
	policyTable = 1 // FR_ACT_TO_TBL
	policyGoto  = 2 // FR_ACT_GOTO
	policyNop   = 3 // FR_ACT_NOP
)

// way is what the routes are asked: where packets to one address go that come from
// another one.
type way struct {
	to, from       dimension  // of the addresses
	fixedTo        netip.Addr // instead of to, if it is valid
	fixedFrom      netip.Addr // instead of from, if it is valid
	toWhy, fromWhy *Reason    // not nil if it cannot be told
	in             string     // the interface that they come in by; "lo" for what this host sends itself
	mark           uint32
	markWhy        *Reason
}

// leaving is packets with the interface that they leave by: severalOut if it is one
// of several, 0 if there is no way.
type leaving struct {
	box  box
	link int
}

// exits asks the rules of policy routing, one after the other, and the tables that
// they name (fib_rules_lookup of the kernel).
func (ev *evaluator) exits(b box, w way) []leaving {
	var list []leaving
	ev.exitsFrom(0, []box{b}, w, &list)
	return list
}

func (ev *evaluator) exitsFrom(i int, rest []box, w way, list *[]leaving) {
	policies := ev.routes.policies
	for ; i < len(policies) && len(rest) > 0; i++ {
		p := &policies[i]
		var next []box
		for _, b := range rest {
			in, out := p.selects(b, w, ev.proto)
			next = append(next, out...)
			for _, one := range in {
				switch p.Action {
				case policyTable:
					next = append(next, ev.tableExits(one, w, p, list)...)
				case policyNop:
					next = append(next, one)
				case policyGoto: // it leads forwards only
					if to := slices.IndexFunc(policies, func(q Policy) bool { return q.Priority >= p.Target }); to > i {
						ev.exitsFrom(to, []box{one}, w, list)
					} else { // there is no such rule
						next = append(next, one)
					}
				default: // blackhole, unreachable, prohibit
					*list = append(*list, leaving{one, 0})
				}
			}
		}
		rest = next
	}
	for _, b := range rest {
		*list = append(*list, leaving{b, 0})
	}
}

// selects parts packets by whether a policy is about them.
func (p *Policy) selects(b box, w way, proto byte) (in, out []box) {
	in = []box{b}
	for _, a := range p.conditions(w, proto) {
		var still []box
		for _, one := range in {
			with, without := a.where(one)
			still, out = append(still, with...), append(out, without...)
		}
		in = still
	}
	if p.Not {
		return out, in
	}
	return in, out
}

func (p *Policy) conditions(w way, proto byte) (list []answer) {
	unknown := func(why *Reason) { list = append(list, answer{kind: answerUnknown, why: why}) }
	address := func(want netip.Prefix, d dimension, fixed netip.Addr, why *Reason) {
		switch {
		case !want.IsValid():
		case why != nil:
			unknown(why)
		case fixed.IsValid():
			list = append(list, yes(want.Contains(fixed)))
		default:
			list = append(list, answer{kind: answerSome, dim: d, set: setOfPrefix(want)})
		}
	}
	address(p.From, w.from, w.fixedFrom, w.fromWhy)
	address(p.To, w.to, w.fixedTo, w.toWhy)
	if p.In != "" {
		list = append(list, yes(p.In == w.in))
	}
	if p.Proto != 0 {
		list = append(list, yes(p.Proto == proto))
	}
	switch {
	case p.MarkMask == 0:
	case w.markWhy != nil:
		unknown(w.markWhy)
	default:
		list = append(list, yes((w.mark^p.Mark)&p.MarkMask == 0))
	}
	if p.VRF { // what comes by one is not followed
		list = append(list, yes(false))
	}
	if p.Other != "" {
		unknown(p.why)
	}
	return list
}

// tableExits asks one table. It returns the packets that the table has no route for.
func (ev *evaluator) tableExits(b box, w way, p *Policy, list *[]leaving) (rest []box) {
	t := ev.routes.table(ev.host, p.Table)
	passed := func(r *Route) bool { return r == nil || r.Type == RouteThrow || r.Dest.Bits() <= p.Suppress }
	link := func(r *Route) int {
		switch {
		case r.Type != RouteUnicast:
			return 0
		case len(r.Links) > 1:
			return severalOut
		default:
			return singleLink(r)
		}
	}
	if w.fixedTo.IsValid() {
		if r := t.lookup(w.fixedTo); !passed(r) {
			*list = append(*list, leaving{b, link(r)})
			return nil
		}
		return []box{b}
	}
	rest = []box{b}
	for _, n := range t.links {
		of := t.where(func(r *Route) bool { return !passed(r) && link(r) == n })
		rest = takeOut(rest, w.to, of, func(in box) { *list = append(*list, leaving{in, n}) })
	}
	return rest
}

// answerWay is the way of the answer to the first packet, which begins without a
// mark.
func (ev *evaluator) answerWay(b box) way {
	w := way{to: dimSource, from: dimDest, fixedFrom: b.state.dest, toWhy: b.state.sourceWhy, in: "lo"}
	if ev.host.Sysctls.AnswerMark {
		w.markWhy = &Reason{Text: "answers have the mark of what they answer (tcp_fwmark_accept)"}
	}
	return w
}

// answerBetweenWay is the way of an answer that comes back from where packets were
// forwarded to.
func (ev *evaluator) answerBetweenWay(b box) way {
	w := ev.answerWay(b)
	w.markWhy = nil
	if l := ev.host.link(b.state.out); l != nil {
		w.in = l.Name
	}
	return w
}

// answerable keeps packets that an answer would find a way back for, where rules of
// policy routing decide over that.
func (ev *evaluator) answerable(g *group, boxes []box, of func(box) way) (rest []box) {
	if ev.routes.plain {
		return boxes
	}
	for _, b := range boxes {
		list := ev.exits(b, of(b))
		if !slices.ContainsFunc(list, func(l leaving) bool { return l.link == 0 }) {
			rest = append(rest, b)
			continue
		}
		for _, l := range list {
			if l.link == 0 {
				g.decide(outcome{box: l.box, kind: kindUnasked, by: ev.noRoute, why: ev.policyRefuses})
			} else {
				rest = append(rest, l.box)
			}
		}
	}
	return rest
}

// table gives the routes of one table.
func (r *routes) table(h *Host, id uint32) *routes {
	t := r.tables[id]
	if t == nil {
		t = &routes{v6: r.v6, domain: r.domain}
		var list []*Route
		for i := range h.Routes {
			if one := &h.Routes[i]; one.Table == id && one.Dest.Addr().Is6() == r.v6 && !one.Dead {
				list = append(list, one)
			}
		}
		sortRoutes(list, nil)
		t.fill(list)
		t.links = append(t.links, severalOut, 0)
		for _, one := range list {
			for _, link := range one.Links {
				if !slices.Contains(t.links, link) {
					t.links = append(t.links, link)
				}
			}
		}
		if r.tables == nil {
			r.tables = map[uint32]*routes{}
		}
		r.tables[id] = t
	}
	return t
}
