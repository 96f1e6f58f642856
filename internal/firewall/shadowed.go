package firewall

import "porthole/internal/firewall/ruleset"

// Shadow is a rule of an input chain that no packet comes to, because others
// before it decide about all that it asks for.
type Shadow struct {
	Rule  *ruleset.Rule
	By    []*Decision            // what decides about them, in the chain's order
	Ports map[string][]PortRange // that it asks for, by protocol
}

// Shadowed finds the rules that accept, drop or reject nothing because of others
// before them in the same chain.
func (topo *Topology) Shadowed(h *Host) (list []Shadow) {
	for _, t := range h.Rules.Tables {
		for _, c := range t.Chains {
			if c.Base == nil || c.Base.Hook != ruleset.HookInput || c.Base.Type == "nat" || t.Dormant {
				continue
			}
			for i := range c.Rules {
				if s := topo.shadows(h, c, i); len(s.By) > 0 {
					list = append(list, s)
				}
			}
		}
	}
	return list
}

// shadows finds what decides about all packets of a rule before it. There is
// nothing if some of them come to it, or if it asks for none that are followed
// here.
func (topo *Topology) shadows(h *Host, c *ruleset.Chain, i int) Shadow {
	out := Shadow{Rule: c.Rules[i], Ports: map[string][]PortRange{}}
	for _, proto := range protos() {
		var ports set
		for _, v6 := range []bool{false, true} {
			ev := newEvaluator(h, topo, v6, protoNumber(proto))
			if t := c.Table.Family; t != ruleset.FamilyInet && t != ev.family() {
				continue
			}
			before, asked, free := ev.decidedBefore(c, i)
			if free {
				return Shadow{}
			}
			for _, d := range before {
				out.By = appendNew(out.By, d)
			}
			ports = ports.or(asked)
		}
		if len(ports) > 0 {
			out.Ports[proto] = portRanges(ports)
		}
	}
	return out
}

func appendNew(list []*Decision, d *Decision) []*Decision {
	for _, old := range list {
		if old.Rule == d.Rule && old.Chain == d.Chain {
			return list
		}
	}
	return append(list, d)
}

// decidedBefore takes the packets that a rule decides about through the rules
// before it, and tells to which ports they go. free says that some come to it.
func (ev *evaluator) decidedBefore(c *ruleset.Chain, i int) (by []*Decision, ports set, free bool) {
	at := position{hook: c.Base.Hook, family: c.Table.Family, v6: ev.v6, proto: ev.proto, tracked: ev.tracks}
	alone := *c
	alone.Rules = c.Rules[i : i+1]
	alone.Base = &ruleset.Base{Hook: c.Base.Hook, Type: c.Base.Type}
	start := ev.start(set{{small(1), small(1<<16 - 1)}})
	before := *c
	before.Rules = c.Rules[:i]
	before.Base = alone.Base
	for _, g := range ev.base([]*group{start}, &alone, at, everything) {
		taken := ev.takenBy(g, c.Rules[i])
		if len(taken) == 0 {
			continue
		}
		ports = ports.or(g.ports)
		again := &group{ports: g.ports, boxes: taken, log: &log{}}
		for _, one := range ev.base([]*group{again}, &before, at, everything) {
			for _, o := range one.log.all() {
				by = append(by, o.by)
			}
			for _, b := range one.boxes {
				if b.by == nil || b.by.Rule == nil || b.why != nil {
					return nil, nil, true
				}
				by = append(by, b.by)
			}
		}
	}
	return by, ports, false
}

// takenBy is the packets that a rule decided about when it was alone.
func (ev *evaluator) takenBy(g *group, r *ruleset.Rule) (boxes []box) {
	for _, o := range g.log.all() {
		boxes = append(boxes, o.box)
	}
	for _, b := range g.boxes {
		if b.by != nil && b.by.Rule == r {
			b.by = nil
			boxes = append(boxes, b)
		}
	}
	return boxes
}
