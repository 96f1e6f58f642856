package firewall

import (
	"fmt"

	"porthole/internal/firewall/ruleset"
)

// evaluator follows new connections of one family and protocol into one
// namespace.
type evaluator struct {
	host       *Host
	topology   *Topology // to follow packets to other namespaces; may be nil
	v6         bool
	proto      byte
	entries    []entry
	routes     *routes
	noSources  set     // addresses that no packet from outside has as its source
	tracks     bool    // connections are tracked
	rejectLost *Reason // why the client may not get what a reject sends; nil if it does

	depth     int  // how many namespaces were passed before this one
	steps     int  // of work so far; see stepsMost
	answering bool // answers are followed now

	// What is computed once, when it is first needed.
	rules     map[*ruleset.Rule]*compiled
	ready     map[*ruleset.Chain]*readyChain
	policies  map[*ruleset.Chain]*Decision
	sets      map[*ruleset.Set]*setIndex
	linkParts map[tableKey]part
	backs     map[int]set          // routes.back of each interface
	setLists  map[setList]*setList // so that equal lists are one
	inside    *insiders

	// One pointer each, so that boxes with the same reason are alike.
	tooMuch       *Reason
	eitherOrder   *Reason
	markedPath    *Reason
	severalWays   *Reason
	policyRefuses *Reason
	policyFirst   *Reason
	vrf           *Reason
	noRoute       *Decision
}

func newEvaluator(h *Host, topo *Topology, v6 bool, proto byte) *evaluator {
	ev := &evaluator{host: h, topology: topo, v6: v6, proto: proto,
		rules:     map[*ruleset.Rule]*compiled{},
		ready:     map[*ruleset.Chain]*readyChain{},
		policies:  map[*ruleset.Chain]*Decision{},
		sets:      map[*ruleset.Set]*setIndex{},
		linkParts: map[tableKey]part{},
		backs:     map[int]set{},
		setLists:  map[setList]*setList{},

		tooMuch:       &Reason{Text: "the rules part the packets into too many cases"},
		eitherOrder:   &Reason{Text: "chains of different tables have the same priority, and either may come first"},
		markedPath:    &Reason{Text: "the way back depends on the mark (src_valid_mark)"},
		severalWays:   &Reason{Text: "a route with several ways"},
		policyRefuses: &Reason{Text: "policy routing decides whether a refusal is told"},
		policyFirst:   &Reason{Text: "rules of policy routing come before the addresses of the host itself"},
		vrf:           &Reason{Text: "the routes of a VRF are not followed"},
		noRoute:       &Decision{Kernel: "no route back to the source"},
	}
	ev.entries = h.entries(ev.needPorts())
	ev.routes = newRoutes(h, v6)
	ev.noSources = ev.noSource()
	ev.tracks = tracks(h.Rules, v6)
	if ev.rejectLost = ev.refusalDrop(); ev.rejectLost == nil && !ev.routes.plain {
		ev.rejectLost = ev.policyRefuses
	}
	return ev
}

// needPorts reports whether the ports of bridges are told apart by some chain.
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

// addSet adds a set to a list; the same list and set give the same pointer.
func (ev *evaluator) addSet(list *setList, s *ruleset.Set) *setList {
	key := setList{s, list}
	longer := ev.setLists[key]
	if longer == nil {
		longer = &key
		ev.setLists[key] = longer
	}
	return longer
}

// back is routes.back, once for each interface.
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

// refusalDrop finds a chain that may drop what a reject sends; nil if there is
// none. What becomes of it is not followed.
func (ev *evaluator) refusalDrop() *Reason {
	for _, hook := range []ruleset.Hook{ruleset.HookOutput, ruleset.HookPostrouting} {
		for _, c := range ev.chains(hook, false, ruleset.FamilyInet, ev.family()) {
			if c.Base.Drop || mayDrop(c) {
				return &Reason{Text: fmt.Sprintf("the chain %s may drop a refusal", c)}
			}
		}
	}
	return nil
}

// mayDrop reports whether a chain has a rule that may drop, itself or in a chain
// that it jumps to.
func mayDrop(c *ruleset.Chain) bool { return unseenMayDrop(c, map[*ruleset.Chain]bool{}) }

// unseenMayDrop is mayDrop for a chain that was not looked at before.
func unseenMayDrop(c *ruleset.Chain, seen map[*ruleset.Chain]bool) bool {
	seen[c] = true
	for _, r := range c.Rules {
		for _, e := range r.Program() {
			switch e := e.(type) {
			case *ruleset.Reject, *ruleset.Queue, *ruleset.Forward:
				return true
			case *ruleset.Unknown:
				if e.Ends {
					return true
				}
			case *ruleset.Immediate:
				if verdictMayDrop(c, e.Verdict, seen) {
					return true
				}
			case *ruleset.Lookup:
				for i := 0; e.Set != nil && i < len(e.Set.Elements); i++ {
					if verdictMayDrop(c, e.Set.Elements[i].Verdict, seen) {
						return true
					}
				}
			}
		}
	}
	return false
}

func verdictMayDrop(c *ruleset.Chain, v *ruleset.Verdict, seen map[*ruleset.Chain]bool) bool {
	if v == nil {
		return false
	}
	switch v.Code {
	case ruleset.VerdictAccept, ruleset.VerdictContinue, ruleset.VerdictBreak, ruleset.VerdictReturn:
		return false
	case ruleset.VerdictJump, ruleset.VerdictGoto:
		target := c.Table.Chain(v.Chain)
		return target != nil && !seen[target] && unseenMayDrop(target, seen)
	}
	return true
}
