package firewall

import (
	"porthole/internal/firewall/ruleset"
)

// evaluator follows new connections of one family and protocol into one
// namespace.
type evaluator struct {
	host      *Host
	world     *World // to follow packets to other namespaces; may be nil
	v6        bool
	proto     byte
	entries   []entry
	routes    *routes
	none      set // addresses that are no sources
	tracks    bool
	answering bool // answers are followed now

	rules    map[*ruleset.Rule]*compiled
	sets     map[*ruleset.Set]*setIndex
	tables   map[tableKey]part
	policies map[*ruleset.Chain]*Decision

	chainStages map[*ruleset.Chain][]stage
	wrotes      map[wrote]*wrote
	backs       map[int]set
	steps       int
	tooMuch     *Reason
	order       *Reason
	depth       int // of namespaces that were passed
}

func newEvaluator(h *Host, w *World, v6 bool, proto byte) *evaluator {
	ev := &evaluator{host: h, world: w, v6: v6, proto: proto,
		rules:    map[*ruleset.Rule]*compiled{},
		sets:     map[*ruleset.Set]*setIndex{},
		tables:   map[tableKey]part{},
		policies: map[*ruleset.Chain]*Decision{},

		chainStages: map[*ruleset.Chain][]stage{},
		wrotes:      map[wrote]*wrote{},
		backs:       map[int]set{},
		tooMuch:     &Reason{Text: "the rules part the packets into too many cases"},
		order:       &Reason{Text: "iptables-legacy and nftables have chains with the same priority, of which either may come first"},
	}
	ev.entries = h.entries(ev.needPorts())
	ev.routes = newRoutes(h, v6)
	ev.none = ev.noSource()
	ev.tracks = tracks(h.Rules, v6)
	return ev
}

// needPorts tells whether the ports of bridges are told apart by some chain.
func (ev *evaluator) needPorts() bool {
	for _, t := range ev.host.Rules.Tables {
		for _, c := range t.Chains {
			if c.Base == nil || t.Dormant {
				continue
			}
			if t.Family == ruleset.FamilyBridge || c.Base.Hook == ruleset.HookIngress {
				return true
			}
		}
	}
	return false
}

// wroteTo adds a set to a list; the same list and set give the same pointer.
func (ev *evaluator) wroteTo(list *wrote, s *ruleset.Set) *wrote {
	key := wrote{s, list}
	w := ev.wrotes[key]
	if w == nil {
		w = &key
		ev.wrotes[key] = w
	}
	return w
}

func (ev *evaluator) back(link int) set {
	s, ok := ev.backs[link]
	if !ok {
		s = ev.routes.back(link)
		ev.backs[link] = s
	}
	return s
}

func (ev *evaluator) family() ruleset.Family {
	if ev.v6 {
		return ruleset.FamilyIPv6
	}
	return ruleset.FamilyIPv4
}
