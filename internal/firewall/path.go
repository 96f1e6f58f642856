package firewall

import (
	"fmt"
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
	b := box{env: &env{}}
	b.dim[dimSource] = set{domain(ev.v6)}.minus(ev.none)
	b.dim[dimSourcePort] = set{{small(1), small(1<<16 - 1)}}
	b.dim[dimEntry] = set{{number{}, small(uint64(len(ev.entries) - 1))}}
	b.dim[dimDest] = dest
	b.dim[dimOrigin] = here
	b.dim[dimAsked] = here
	g.boxes = []box{b}
	return g
}

// here is the origin of packets that have not passed another namespace.
var here = set{{number{}, number{}}}

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
	var list []span
	for i, e := range ev.entries {
		if ev.host.inVRF(e.link) {
			list = append(list, span{small(uint64(i)), small(uint64(i))})
		}
	}
	return setOf(list)
}

// inVRF tells whether an interface is a VRF or in one.
func (h *Host) inVRF(l *Link) bool {
	master := h.link(l.Master)
	return l.Kind == "vrf" || master != nil && master.Kind == "vrf"
}

// addressInVRF tells whether an address is one of an interface in a VRF.
func (h *Host) addressInVRF(addr netip.Addr) bool {
	for i := range h.Links {
		l := &h.Links[i]
		if h.inVRF(l) && slices.ContainsFunc(l.Addrs, func(a Addr) bool { return a.Addr() == addr }) {
			return true
		}
	}
	return false
}

// admit decides about packets that the kernel does not take from where they
// come: those that an answer would not go back to.
func (ev *evaluator) admit(g *group) {
	if !ev.routes.plain { // the way back is asked for later: it depends on where they are led
		for i, e := range ev.entries {
			ev.reversePathByPolicy(g, i, e)
		}
		return
	}
	answered := ev.routes.answered()
	var rest []box
	for _, b := range g.boxes {
		if b.env.sourceWhy != nil {
			rest = append(rest, b)
			continue
		}
		rest = append(rest, takeOut2(b, dimSource, answered, func(out box) {
			g.decide(outcome{box: out, kind: kindUnasked, by: noRoute})
		})...)
	}
	g.boxes = rest
	if ev.v6 {
		return
	}
	for i, e := range ev.entries {
		ev.reversePath(g, i, e)
	}
}

// reversePathByPolicy is reversePath with rules of policy routing.
func (ev *evaluator) reversePathByPolicy(g *group, i int, e entry) {
	const strict = 1
	if ev.v6 || !ev.routes.localFirst || ev.host.Sysctls.RPFilter[e.link.Name] != strict {
		return
	}
	decision := &Decision{Kernel: "rp_filter on " + e.link.Name}
	var rest []box
	for _, b := range g.boxes {
		in, out, hasIn, hasOut := b.split(dimEntry, setOfOne(small(uint64(i))))
		if hasOut {
			rest = append(rest, out)
		}
		if !hasIn {
			continue
		}
		w := ev.answerWay(in)
		if w.markWhy = nil; ev.host.Sysctls.SrcValidMark {
			w.markWhy = ev.markedPath
		}
		for _, l := range ev.exits(in, w) {
			switch {
			case l.link == e.link.Index:
				rest = append(rest, l.box)
			case l.link == severalOut:
				one := l.box.doubt(ev.several)
				g.decide(outcome{box: one, kind: kindUnasked, by: decision})
				rest = append(rest, one)
			default:
				g.decide(outcome{box: l.box, kind: kindUnasked, by: decision})
			}
		}
	}
	g.boxes = merge(nil, rest)
}

var noRoute = &Decision{Kernel: "no route back to the source"}

// takeOut2 keeps what of a box is in a set, and gives the rest to f.
func takeOut2(b box, d dimension, s set, f func(out box)) []box {
	in, out, hasIn, hasOut := b.split(d, s)
	if hasOut {
		f(out)
	}
	if hasIn {
		return []box{in}
	}
	return nil
}

// reversePath is net.ipv4.conf.*.rp_filter (RFC 3704): strict takes only what
// an answer would leave by the same interface for.
func (ev *evaluator) reversePath(g *group, i int, e entry) {
	const strict = 1
	if ev.host.Sysctls.RPFilter[e.link.Name] != strict {
		return
	}
	back := ev.back(e.link.Index)
	decision := &Decision{Kernel: "rp_filter on " + e.link.Name}
	var rest []box
	for _, b := range g.boxes {
		in, out, hasIn, hasOut := b.split(dimEntry, setOfOne(small(uint64(i))))
		if hasOut {
			rest = append(rest, out)
		}
		if hasIn && b.env.sourceWhy == nil {
			rest = append(rest, takeOut2(in, dimSource, back, func(out box) {
				g.decide(outcome{box: out, kind: kindUnasked, by: decision})
			})...)
		} else if hasIn {
			rest = append(rest, in)
		}
	}
	g.boxes = merge(nil, rest)
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
		dest := b.env.dest
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
		one, _, ok, _ := b.split(dimEntry, setOfOne(small(uint64(i))))
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

// severalOut stands for the interface of a route with several ways.
const severalOut = -1

// answers takes the answers of TCP through the output and postrouting chains:
// without one there is no connection. For UDP one datagram is all.
func (ev *evaluator) answers(groups []*group) []*group {
	output := ev.chains(ruleset.HookOutput, false, ruleset.FamilyInet, ev.family())
	post := ev.chains(ruleset.HookPostrouting, false, ruleset.FamilyInet, ev.family())
	egress := ev.egress()
	if ev.proto != protoTCP || !slices.ContainsFunc(append(output, post...), acts) && egress == nil {
		return groups
	}
	for _, g := range groups {
		var boxes []box
		for _, b := range g.boxes {
			boxes = append(boxes, ev.answered(b)...)
		}
		g.boxes = boxes
	}
	ev.answering = true
	groups = ev.hook(groups, ruleset.HookOutput)
	groups = ev.hook(groups, ruleset.HookPostrouting)
	ev.answering = false
	for _, g := range groups {
		g.boxes = ev.leaveDevice(g, g.boxes, egress)
	}
	return groups
}

// egress is the chains of devices that may drop what leaves. What they do is not
// followed.
func (ev *evaluator) egress() (list []*ruleset.Chain) {
	for _, c := range ev.chains(ruleset.HookEgress, false, ruleset.FamilyNetdev) {
		if c.Base.Drop || mayDrop(c, map[*ruleset.Chain]bool{}) {
			list = append(list, c)
		}
	}
	return list
}

// leaveDevice gives up on packets whose answers such a chain sees.
func (ev *evaluator) leaveDevice(g *group, boxes []box, chains []*ruleset.Chain) (rest []box) {
	for _, b := range boxes {
		l := ev.host.link(b.env.answerOut)
		i := slices.IndexFunc(chains, func(c *ruleset.Chain) bool { return l == nil || slices.Contains(c.Base.Devices, l.Name) })
		if i < 0 {
			rest = append(rest, b)
			continue
		}
		one := b.doubt(ev.egressWhy(chains[i]))
		g.decide(outcome{box: one, kind: kindDrop, by: ev.policy(chains[i])})
		rest = append(rest, one)
	}
	return rest
}

func (ev *evaluator) egressWhy(c *ruleset.Chain) *Reason {
	return &Reason{Text: fmt.Sprintf("the chain %s may drop the answer", c)}
}

// answered is packets by the interface that their answers leave by, which begin
// without a mark.
func (ev *evaluator) answered(b box) (boxes []box) {
	by := func(one box, link int) {
		boxes = append(boxes, one.alter(func(v *env) { v.answerOut, v.mark, v.markWhy = link, 0, nil }))
	}
	switch {
	case b.env.sourceWhy != nil:
		by(b, severalOut)
		return boxes
	case !ev.routes.plain:
		for _, l := range ev.exits(b, ev.answerWay(b)) {
			if l.link == 0 { // it was admitted in doubt
				l.link = severalOut
			}
			by(l.box, l.link)
		}
		return boxes
	}
	rest := []box{b}
	for i := range ev.host.Links {
		index := ev.host.Links[i].Index
		rest = takeOut(rest, dimSource, ev.back1(index), func(in box) { by(in, index) })
	}
	for _, one := range rest {
		by(one, severalOut)
	}
	return boxes
}

// back1 is the addresses with a route by an interface, and by no other.
func (ev *evaluator) back1(link int) set {
	return ev.routes.where(func(one *Route) bool { return singleLink(one) == link })
}
