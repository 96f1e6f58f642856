package firewall

import (
	"net/netip"
	"slices"

	"porthole/internal/firewall/ruleset"
)

// forward takes packets that were led to another address through the forward
// chains, and into the namespace that has it.
func (ev *evaluator) forward(g *group) []*group {
	var rest []box
	for _, b := range g.boxes {
		rest = append(rest, ev.forwardable(g, b)...)
	}
	var out []box
	for _, b := range rest {
		out = append(out, ev.leave(g, b)...)
	}
	g.boxes = ev.answerable(g, out, ev.answerBetweenWay)
	groups := ev.hook([]*group{g}, ruleset.HookForward)
	groups = ev.hook(groups, ruleset.HookPostrouting)
	var all []*group
	for _, one := range groups {
		all = append(all, ev.arrive(one)...)
	}
	return all
}

// forwardable keeps packets of interfaces that forward.
func (ev *evaluator) forwardable(g *group, b box) (in []box) {
	for i, e := range ev.entries {
		one, ok := b.ofEntry(i)
		switch {
		case !ok:
		case ev.v6 && ev.host.Sysctls.Forward6, !ev.v6 && ev.host.Sysctls.Forward[e.link.Name]:
			in = append(in, one)
		default:
			g.decide(outcome{box: one, kind: kindDrop, by: &Decision{Kernel: "forwarding is off on " + e.link.Name}})
		}
	}
	return merge(nil, in)
}

// leave finds the interface that packets leave by.
func (ev *evaluator) leave(g *group, b box) (out []box) {
	if ev.routes.plain {
		r := ev.routes.lookup(b.state.dest)
		if r != nil && (r.Type == RouteUnreachable || r.Type == RouteProhibit) {
			g.decide(outcome{box: b, kind: kindReject, by: &Decision{Kernel: "a route rejects " + b.state.dest.String()}})
			return nil
		}
		link := singleLink(r)
		if r != nil && r.Type == RouteUnicast && link == 0 {
			link = severalOut
		}
		return ev.leaveBy(g, leaving{b, link})
	}
	for i, e := range ev.entries {
		one, ok := b.ofEntry(i)
		if !ok {
			continue
		}
		w := way{to: dimDest, fixedTo: one.state.dest, from: dimSource, fromWhy: one.state.sourceWhy, in: e.link.Name, mark: one.state.mark, markWhy: one.state.markWhy}
		for _, l := range ev.exits(one, w) {
			out = append(out, ev.leaveBy(g, l)...)
		}
	}
	return merge(nil, out)
}

// leaveBy lets packets leave by the interface that was found.
func (ev *evaluator) leaveBy(g *group, l leaving) []box {
	dest := l.box.state.dest.String()
	link := ev.host.link(l.link)
	switch {
	case link != nil && link.Up:
		return []box{l.box.alter(func(v *packetState) { v.out = l.link })}
	case link != nil:
		g.decide(outcome{box: l.box, kind: kindDrop, by: &Decision{Kernel: "the interface to " + dest + " is down"}})
	case l.link == severalOut:
		g.decide(outcome{box: l.box, kind: kindUnknown, why: &Reason{Text: "there are several ways to " + dest}})
	case ev.routes.plain:
		g.decide(outcome{box: l.box, kind: kindDrop, by: &Decision{Kernel: "no route to " + dest}})
	default:
		g.decide(outcome{box: l.box, kind: kindDrop, by: &Decision{Kernel: "no route to " + dest}, why: ev.policyRefuses})
	}
	return nil
}

// namespacesMost is through how many namespaces packets are followed.
const namespacesMost = 4

// arrive takes packets into the namespaces of their destinations.
func (ev *evaluator) arrive(g *group) []*group {
	boxes := g.boxes
	groups := []*group{g}
	g.boxes = nil
	for _, b := range boxes {
		next := ev.topology.behind(ev.host, b.state.out, b.state.dest)
		for _, one := range groups {
			one.todo = append(slices.Clip(one.todo), arrival{b, next})
		}
	}
	for n := range boxes {
		var after []*group
		for _, one := range groups {
			after = append(after, ev.enterHost(one, one.todo[n])...)
		}
		groups = after
	}
	for _, one := range groups {
		one.todo = nil
	}
	return groups
}

// arrival is packets on the way into one of some namespaces; none if it is not known.
type arrival struct {
	box   box
	hosts []*Host
}

// enterHost takes packets into a namespace, and the answers of those that it
// accepts back through this one. They are in arrived at the end.
func (ev *evaluator) enterHost(g *group, a arrival) []*group {
	to := netip.AddrPortFrom(a.box.state.dest, a.box.state.destPort)
	switch {
	case len(a.hosts) == 0 || ev.depth >= namespacesMost:
		g.arrived = append(slices.Clip(g.arrived), a.box.alter(func(v *packetState) { v.to = to }))
		return []*group{g}
	case len(a.hosts) > 1:
		g.decide(outcome{box: a.box, kind: kindUnknown, why: &Reason{Text: "several network namespaces have " + to.Addr().String() + ", and which one it leads to is not known"}})
		return []*group{g}
	}
	inner := ev.topology.evaluator(a.hosts[0], ev.v6, ev.proto, ev.depth+1)
	link := inner.entryBehind(ev.host, a.box.state.out)
	if len(link) == 0 {
		g.decide(outcome{box: a.box, kind: kindUnknown, why: &Reason{Text: "the interface that " + to.Addr().String() + " is behind is not known"}})
		return []*group{g}
	}
	g.boxes = []box{a.box.inside(link, to)}
	later, arrived, todo := g.later, g.arrived, g.todo
	g.later, g.arrived, g.todo = nil, nil, nil
	groups := inner.pass(g)
	for _, one := range groups {
		for i := range one.boxes {
			one.boxes[i] = a.box.outside(&one.boxes[i])
		}
	}
	groups = ev.answersBetween(groups, a.box.state.out)
	for _, one := range groups {
		one.later, one.todo = later, todo
		one.arrived = append(slices.Clip(arrived), one.boxes...)
		one.boxes = nil
	}
	return groups
}

// inside is packets as they come into another namespace by an entry.
func (b box) inside(entry set, to netip.AddrPort) box {
	if b.dim[dimOrigin].same(noOrigin()) {
		b.dim[dimAsked] = b.dim[dimDest]
		origin := make(set, len(b.dim[dimEntry]))
		for i, s := range b.dim[dimEntry] { // counted from 1
			origin[i] = span{s.first.next(), s.last.next()}
		}
		b.dim[dimOrigin] = origin
	}
	b.dim[dimEntry] = entry
	b.dim[dimDest] = setOfOne(ofAddr(b.state.dest))
	b.state = &packetState{destPort: b.state.destPort, sourceWhy: b.state.sourceWhy, limited: b.state.limited, to: to}
	return b
}

// outside is packets as they were before they came into another namespace, of
// which inner is what it accepted.
func (b box) outside(inner *box) box {
	b.dim[dimSource], b.dim[dimSourcePort] = inner.dim[dimSource], inner.dim[dimSourcePort]
	b.by, b.why = inner.by, inner.why
	return b.alter(func(v *packetState) { v.limited, v.to = inner.state.limited, inner.state.to })
}

// answersBetween takes the answers of TCP that come back by an interface through
// a host between.
func (ev *evaluator) answersBetween(groups []*group, by int) []*group {
	if ev.proto != protoTCP {
		return groups
	}
	var chains []*ruleset.Chain
	for _, hook := range []ruleset.Hook{ruleset.HookPrerouting, ruleset.HookForward, ruleset.HookPostrouting} {
		chains = append(chains, ev.chains(hook, false, ruleset.FamilyInet, ev.family())...)
	}
	if !slices.ContainsFunc(chains, acts) {
		return groups
	}
	for _, g := range groups {
		var boxes []box
		for _, b := range g.boxes {
			for i, e := range ev.entries {
				if one, ok := b.ofEntry(i); ok {
					boxes = append(boxes, one.alter(func(v *packetState) {
						v.answerIn, v.answerOut = by, e.link.Index
						v.mark, v.markWhy = 0, nil
					}))
				}
			}
		}
		g.boxes = boxes
	}
	ev.answering = true
	for _, hook := range []ruleset.Hook{ruleset.HookPrerouting, ruleset.HookForward, ruleset.HookPostrouting} {
		groups = ev.hook(groups, hook)
	}
	ev.answering = false
	for _, g := range groups {
		for i := range g.boxes {
			g.boxes[i] = g.boxes[i].alter(func(v *packetState) { v.answerIn, v.answerOut = 0, 0 })
		}
		g.boxes = merge(nil, g.boxes)
	}
	return groups
}

// entryBehind is the entries of packets that left another namespace by an interface: its
// other end, or if it is a bridge, the other ends of its ports.
func (ev *evaluator) entryBehind(from *Host, out int) set {
	return indexesWhere(ev.entries, func(e entry) bool {
		return e.port.Kind == "veth" && from.leadsTo(out, e.port.Peer, e.port.Index)
	})
}

// leadsTo reports whether the veth with an index, whose other end has the index peer, is
// the interface out, or a port of it if that is a bridge.
func (h *Host) leadsTo(out, index, peer int) bool {
	l := h.link(index)
	return l != nil && l.Kind == "veth" && l.Peer == peer && (l.Index == out || l.Master == out)
}
