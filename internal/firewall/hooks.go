package firewall

import (
	"cmp"
	"fmt"
	"slices"

	"porthole/internal/firewall/ruleset"
)

// chains are the base chains of a hook in the order in which packets meet them.
// The kernel runs all chains of type nat where its own priority for nat is; of
// chains with the same priority the one that was made last comes first.
func (ev *evaluator) chains(hook ruleset.Hook, nat bool, families ...ruleset.Family) (list []*ruleset.Chain) {
	for _, t := range ev.host.Rules.Tables {
		if t.Dormant || !slices.Contains(families, t.Family) {
			continue
		}
		for _, c := range t.Chains {
			if c.Base != nil && c.Base.Hook == hook && (c.Base.Type == "nat") == nat {
				list = append(list, c)
			}
		}
	}
	slices.Reverse(list)
	slices.SortStableFunc(list, func(a, b *ruleset.Chain) int { return cmp.Compare(a.Base.Priority, b.Base.Priority) })
	return list
}

// rivals reports whether two chains have the same priority, both do something, and
// which comes first is not known: one of iptables-legacy and one of nftables, or two
// of type nat in different tables, where the first translation is the only one. The
// kernel runs the one first that was made last, which it does not tell across tables.
func rivals(list []*ruleset.Chain) bool {
	for i, a := range list {
		for _, b := range list[i+1:] {
			unknown := a.Table.Legacy != b.Table.Legacy || a.Base.Type == "nat" && a.Table != b.Table
			if unknown && a.Base.Priority == b.Base.Priority && acts(a) && acts(b) {
				return true
			}
		}
	}
	return false
}

func acts(c *ruleset.Chain) bool { return c.Base.Drop || len(c.Rules) > 0 }

// hook takes groups through all chains of a hook. Where the order of chains is
// not known it takes them through in both.
func (ev *evaluator) hook(groups []*group, hook ruleset.Hook) []*group {
	filters := ev.chains(hook, false, ruleset.FamilyInet, ev.family())
	nats := ev.chains(hook, true, ruleset.FamilyInet, ev.family())
	if !ev.tracks || ev.answering { // translations are settled by then
		nats = nil
	}
	if !rivals(filters) && !rivals(nats) {
		return ev.hookInOrder(groups, hook, filters, nats)
	}
	for _, g := range groups {
		doubts := make([]box, 0, len(g.boxes))
		for _, b := range g.boxes {
			doubts = append(doubts, b.doubt(ev.eitherOrder))
		}
		g.boxes, g.second = doubts, doubts
	}
	groups = ev.hookInOrder(groups, hook, filters, nats)
	for _, g := range groups {
		g.boxes, g.second = g.second, g.boxes
	}
	groups = ev.hookInOrder(groups, hook, otherOrder(filters), otherOrder(nats))
	for _, g := range groups {
		g.boxes, g.second = merge(g.second, g.boxes), nil
	}
	return groups
}

// otherOrder reverses chains with the same priority, except those of nftables that only
// filter: these stay in the order in which the kernel lists them.
func otherOrder(list []*ruleset.Chain) []*ruleset.Chain {
	other := slices.Clone(list)
	if slices.ContainsFunc(list, func(c *ruleset.Chain) bool { return c.Base.Type == "nat" }) {
		slices.Reverse(other)
	}
	slices.SortStableFunc(other, func(a, b *ruleset.Chain) int {
		if n := cmp.Compare(a.Base.Priority, b.Base.Priority); n != 0 || a.Table.Legacy == b.Table.Legacy || a.Base.Type == "nat" {
			return n
		}
		if a.Table.Legacy {
			return 1
		}
		return -1
	})
	return other
}

// hookInOrder takes groups through chains, those of type nat together.
func (ev *evaluator) hookInOrder(groups []*group, hook ruleset.Hook, filters, nats []*ruleset.Chain) []*group {
	const conntrack, destNAT, sourceNAT = -200, -100, 100 // enum nf_ip_hook_priorities
	at := position{hook: hook, v6: ev.v6, proto: ev.proto, answer: ev.answering}
	natAt := int32(sourceNAT)
	if hook == ruleset.HookPrerouting || hook == ruleset.HookOutput {
		natAt = destNAT
	}
	nat := func() {
		for _, c := range nats {
			at.tracked = true
			groups = ev.base(groups, c, at, func(b box) (in, by []box) {
				settled := b.state.destDone
				if natAt == sourceNAT {
					settled = b.state.sourceNAT
				}
				if b.state.untracked || settled {
					return nil, []box{b}
				}
				return []box{b}, nil
			})
		}
		nats = nil
	}
	for _, c := range filters {
		if c.Base.Priority > natAt {
			nat()
		}
		early := hook == ruleset.HookPrerouting || hook == ruleset.HookOutput
		at.tracked = ev.tracks && (!early || c.Base.Priority >= conntrack)
		at.undone = ev.answering && hook == ruleset.HookPostrouting && c.Base.Priority > sourceNAT
		groups = ev.base(groups, c, at, everything)
	}
	nat()
	return groups
}

// ingress takes groups through the chains of devices.
func (ev *evaluator) ingress(groups []*group) []*group {
	chains := ev.chains(ruleset.HookIngress, false, ruleset.FamilyNetdev, ruleset.FamilyInet)
	at := position{hook: ruleset.HookIngress, v6: ev.v6, proto: ev.proto}
	for _, c := range chains {
		groups = ev.base(groups, c, at, func(b box) (in, by []box) {
			return answer{kind: answerSome, dim: dimEntry, set: ev.entriesOn(c)}.where(b)
		})
		groups = ev.below(groups, c)
	}
	return groups
}

// entriesOn is the entries whose packets a chain of devices sees.
func (ev *evaluator) entriesOn(c *ruleset.Chain) set {
	return indexesWhere(ev.entries, func(e entry) bool {
		return slices.Contains(c.Base.Devices, e.port.Name) || slices.Contains(c.Base.Devices, e.link.Name)
	})
}

// below gives up on packets whose device lies on one that a chain is on: a VLAN
// or a bond. The chain sees them in another form.
func (ev *evaluator) below(groups []*group, c *ruleset.Chain) []*group {
	name := ""
	on := indexesWhere(ev.entries, func(e entry) (is bool) {
		for i := range ev.host.Links {
			l := &ev.host.Links[i]
			part := l.Index == e.port.Lower || l.Master == e.port.Index && e.port.Kind != "bridge"
			if part && slices.Contains(c.Base.Devices, l.Name) {
				is, name = true, l.Name
			}
		}
		return is
	})
	if len(on) == 0 || len(c.Rules) == 0 && !c.Base.Drop {
		return groups
	}
	why := &Reason{Text: fmt.Sprintf("the chain %s on %s sees the packets in another form", c, name)}
	for _, g := range groups {
		g.boxes = takeOut(g.boxes, dimEntry, on, func(in box) {
			g.decide(outcome{box: in, kind: kindUnknown, why: why, by: ev.policy(c)})
		})
	}
	return groups
}

// bridge takes packets that come in by the port of a bridge through its chains.
func (ev *evaluator) bridge(groups []*group, hook ruleset.Hook) []*group {
	ports := indexesWhere(ev.entries, func(e entry) bool { return e.port != e.link })
	if len(ports) == 0 {
		return groups
	}
	at := position{hook: hook, v6: ev.v6, proto: ev.proto}
	for _, c := range ev.chains(hook, false, ruleset.FamilyBridge) {
		groups = ev.base(groups, c, at, func(b box) (in, by []box) {
			return answer{kind: answerSome, dim: dimEntry, set: ports}.where(b)
		})
	}
	return groups
}
