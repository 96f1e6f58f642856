package firewall

import (
	"slices"

	"porthole/internal/firewall/ruleset"
)

// Admission is ports that are treated alike, of one protocol and family, and who
// gets through to them.
type Admission struct {
	Ports []PortRange
	Reach Reach
}

// Admitted asks about every port of a protocol at once, listened on or not, on
// all addresses of a family. The admissions are disjoint, and together every
// port from 1 on.
func (topo *Topology) Admitted(h *Host, proto string, v6 bool) (list []Admission) {
	ev := newEvaluator(h, topo, v6, protoNumber(proto))
	for _, g := range ev.follow(set{{small(1), small(1<<16 - 1)}}) {
		a := Admission{Reach: newSummary(ev, g.log).reach(unspecified(v6), "")}
		for _, p := range g.ports {
			a.Ports = append(a.Ports, PortRange{uint16(p.first.low), uint16(p.last.low)})
		}
		list = append(list, a)
	}
	topo.evaluators = nil
	return list
}

// Idle is a rule that lets connections in to ports that nobody listens on.
type Idle struct {
	Rule  *ruleset.Rule
	Ports map[string][]PortRange // by protocol
}

// protos are the protocols that are followed.
func protos() []string { return []string{"tcp", "udp"} }

// Idle finds the rules that admit only ports which listens says nobody listens
// on, of either family. Rules that admit all ports are not among them, nor
// connections that are led elsewhere.
func (topo *Topology) Idle(h *Host, listens func(proto string, port uint16) bool) (list []Idle) {
	open, used := map[*ruleset.Rule]map[string]set{}, map[*ruleset.Rule]bool{}
	var order []*ruleset.Rule
	for _, proto := range protos() {
		for _, v6 := range []bool{false, true} {
			for _, a := range topo.Admitted(h, proto, v6) {
				for _, r := range a.letIn() {
					if open[r] == nil {
						open[r] = map[string]set{}
						order = append(order, r)
					}
					for _, p := range a.Ports {
						open[r][proto] = open[r][proto].or(set{{small(uint64(p.First)), small(uint64(p.Last))}})
						used[r] = used[r] || anyPort(p, proto, listens)
					}
				}
			}
		}
	}
	for _, r := range order {
		if !used[r] && few(open[r]) {
			one := Idle{r, map[string][]PortRange{}}
			for proto, ports := range open[r] {
				one.Ports[proto] = portRanges(ports)
			}
			list = append(list, one)
		}
	}
	return list
}

// letIn is the rules that let connections in to the host itself.
func (a Admission) letIn() (rules []*ruleset.Rule) {
	for i := range a.Reach.outcomes {
		o := &a.Reach.outcomes[i]
		if o.kind == kindAccept && o.by != nil && o.by.Rule != nil && !o.box.landing().IsValid() && !slices.Contains(rules, o.by.Rule) {
			rules = append(rules, o.by.Rule)
		}
	}
	return rules
}

func anyPort(p PortRange, proto string, is func(proto string, port uint16) bool) bool {
	for n := int(p.First); n <= int(p.Last); n++ {
		if is(proto, uint16(n)) {
			return true
		}
	}
	return false
}

// few tells whether a rule is about some ports, rather than about nearly all of a
// protocol.
func few(ports map[string]set) bool {
	const many = 1 << 15
	for _, s := range ports {
		if !s.few(many) {
			return false
		}
	}
	return true
}

func portRanges(ports set) (list []PortRange) {
	for _, p := range ports {
		list = append(list, PortRange{uint16(p.first.low), uint16(p.last.low)})
	}
	return list
}

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
	at := place{hook: c.Base.Hook, family: c.Table.Family, v6: ev.v6, proto: ev.proto, tracked: ev.tracks}
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

// all is every outcome of a log, with those of its parents.
func (l *log) all() (list []outcome) {
	for before := -1; l != nil; before, l = l.before, l.parent {
		part := l.list
		if before >= 0 {
			part = part[:before]
		}
		list = append(list, part...)
	}
	return list
}
