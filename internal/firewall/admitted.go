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

// few reports whether a rule is about some ports, rather than about nearly all of a
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
