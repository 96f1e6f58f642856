package firewall

import (
	"net/netip"
	"slices"

	"porthole/internal/firewall/ruleset"
)

// start makes the packets that are asked about: from every source that is not
// the host's own or for many, by every entry, to every address of the host.
func (ev *evaluator) start(ports set) *group {
	g := &group{ports: ports, log: &log{}}
	dest := ev.routes.local.minus(loopback(ev.v6))
	if len(dest) == 0 || len(ev.entries) == 0 {
		return g
	}
	b := box{state: &packetState{}}
	b.dim[dimSource] = set{domain(ev.v6)}.minus(ev.noSources)
	b.dim[dimSourcePort] = set{{small(1), small(1<<16 - 1)}}
	b.dim[dimEntry] = set{{number{}, small(uint64(len(ev.entries) - 1))}}
	b.dim[dimDest] = dest
	b.dim[dimOrigin] = noOrigin()
	b.dim[dimAsked] = noOrigin()
	g.boxes = []box{b}
	return g
}

// noOrigin is the origin of packets that have not passed another namespace.
func noOrigin() set { return setOfOne(number{}) }

func loopback(v6 bool) set {
	if v6 {
		return setOfPrefix(netip.MustParsePrefix("::1/128"))
	}
	return setOfPrefix(netip.MustParsePrefix("127.0.0.0/8"))
}

// noSource is addresses that nothing outside has: martians of RFC 1812 section
// 5.3.7, and the host's own.
func (ev *evaluator) noSource() set {
	if ev.v6 {
		return setOf([]span{spanOfPrefix(netip.MustParsePrefix("::/127")), spanOfPrefix(netip.MustParsePrefix("ff00::/8"))}).or(ev.routes.local)
	}
	return setOf([]span{
		spanOfPrefix(netip.MustParsePrefix("0.0.0.0/8")), spanOfPrefix(netip.MustParsePrefix("127.0.0.0/8")),
		spanOfPrefix(netip.MustParsePrefix("224.0.0.0/4")), {small(1<<32 - 1), small(1<<32 - 1)},
	}).or(ev.routes.local).or(ev.routes.bcast)
}

// pass takes a group through the namespace. At the end it has the boxes that get
// where they are led to.
func (ev *evaluator) pass(g *group) []*group {
	if vrfs := ev.entriesOfVRFs(); len(vrfs) > 0 {
		g.boxes = takeOut(g.boxes, dimEntry, vrfs, func(in box) {
			g.decide(outcome{box: in, kind: kindUnknown, why: ev.vrf})
		})
	}
	ev.admit(g)
	groups := ev.ingress([]*group{g})
	groups = ev.bridge(groups, ruleset.HookPrerouting)
	groups = ev.hook(groups, ruleset.HookPrerouting)
	var all []*group
	for _, g := range groups {
		all = append(all, ev.route(g)...)
	}
	return all
}

// entriesOfVRFs is the ways in that have routes and addresses of their own, which are
// not followed.
func (ev *evaluator) entriesOfVRFs() set {
	return indexesWhere(ev.entries, func(e entry) bool { return ev.host.inVRF(e.link) })
}

// inVRF reports whether an interface is a VRF or in one.
func (h *Host) inVRF(l *Link) bool {
	master := h.link(l.Master)
	return l.Kind == "vrf" || master != nil && master.Kind == "vrf"
}

// addressInVRF reports whether an address is one of an interface in a VRF.
func (h *Host) addressInVRF(addr netip.Addr) bool {
	for i := range h.Links {
		l := &h.Links[i]
		if h.inVRF(l) && slices.ContainsFunc(l.Addrs, func(a Addr) bool { return a.Addr() == addr }) {
			return true
		}
	}
	return false
}

// route decides between the host itself and others, and takes the packets
// there.
func (ev *evaluator) route(g *group) []*group {
	var local, away []box
	if !ev.routes.localFirst {
		for _, b := range g.boxes {
			g.decide(outcome{box: b, kind: kindUnknown, why: ev.policyFirst})
		}
		g.boxes = nil
	}
	for _, b := range g.boxes {
		dest := b.state.dest
		switch {
		case !dest.IsValid():
			local = append(local, b)
		case loopback(ev.v6).has(ofAddr(dest)):
			in := ev.toLoopback(g, b)
			local = append(local, in...)
		case ev.routes.local.has(ofAddr(dest)):
			local = append(local, b)
		default:
			away = append(away, b)
		}
	}
	if len(away) == 0 {
		g.boxes = local
		return ev.deliver([]*group{g})
	}
	// Both ways are walked with the same group, one after the other: what is
	// for the host waits.
	g.boxes, g.later = away, local
	var all []*group
	for _, one := range ev.forward(g) {
		arrived := one.arrived
		one.boxes, one.later, one.arrived = one.later, nil, nil
		for _, part := range ev.deliver([]*group{one}) {
			part.boxes = append(slices.Clip(part.boxes), arrived...)
			all = append(all, part)
		}
	}
	return all
}

// toLoopback keeps packets that were led to a loopback address only where
// route_localnet lets them.
func (ev *evaluator) toLoopback(g *group, b box) (in []box) {
	for i, e := range ev.entries {
		one, ok := b.ofEntry(i)
		switch {
		case !ok:
		case !ev.v6 && ev.host.Sysctls.RouteLocalnet[e.link.Name]:
			in = append(in, one)
		default:
			g.decide(outcome{box: one, kind: kindDrop, by: &Decision{Kernel: "a loopback address is not reached from outside (route_localnet is off on " + e.link.Name + ")"}})
		}
	}
	return merge(nil, in)
}

// deliver takes packets for the host itself through its input chains, and the
// answers to them out again.
func (ev *evaluator) deliver(groups []*group) []*group {
	groups = ev.bridge(groups, ruleset.HookInput)
	groups = ev.hook(groups, ruleset.HookInput)
	for _, g := range groups {
		g.boxes = ev.answerable(g, g.boxes, ev.answerWay)
	}
	return ev.answers(groups)
}

// follow takes all packets to some ports to their ends.
func (ev *evaluator) follow(ports set) []*group {
	groups := ev.pass(ev.start(ports))
	for _, g := range groups {
		for _, b := range g.boxes {
			g.decide(outcome{box: b, kind: kindAccept, by: b.by})
		}
		g.boxes = nil
	}
	return groups
}
