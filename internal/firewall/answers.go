package firewall

import (
	"fmt"
	"slices"

	"porthole/internal/firewall/ruleset"
)

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
		if c.Base.Drop || mayDrop(c) {
			list = append(list, c)
		}
	}
	return list
}

// leaveDevice gives up on packets whose answers such a chain sees.
func (ev *evaluator) leaveDevice(g *group, boxes []box, chains []*ruleset.Chain) (rest []box) {
	for _, b := range boxes {
		l := ev.host.link(b.state.answerOut)
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
		boxes = append(boxes, one.alter(func(v *packetState) { v.answerOut, v.mark, v.markWhy = link, 0, nil }))
	}
	switch {
	case b.state.sourceWhy != nil:
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
		rest = takeOut(rest, dimSource, ev.onlyBack(index), func(in box) { by(in, index) })
	}
	for _, one := range rest {
		by(one, severalOut)
	}
	return boxes
}

// onlyBack is the addresses with a route by an interface, and by no other.
func (ev *evaluator) onlyBack(link int) set {
	return ev.routes.where(func(one *Route) bool { return singleLink(one) == link })
}
