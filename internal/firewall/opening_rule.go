package firewall

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"porthole/internal/firewall/ruleset"
)

func unspecified(v6 bool) netip.Addr {
	if v6 {
		return netip.IPv6Unspecified()
	}
	return netip.IPv4Unspecified()
}

// OpeningRule is the command that would add the one rule which lets everyone in to a
// port, in the words of the tool that made the rules. It is to be read, never to
// be run. It is "" if the port is open, or if no single rule would do: what it
// would do is evaluated before it is told.
func (topo *Topology) OpeningRule(h *Host, q Question) string {
	r := topo.Judge(h, []Question{q})[0]
	by := r.soleBlocker()
	if by == nil {
		return ""
	}
	changed, at := h.withRule(by, q)
	if changed == nil {
		return ""
	}
	other := &Topology{Hosts: slices.Clone(topo.Hosts)}
	if i := slices.Index(other.Hosts, h); i >= 0 {
		other.Hosts[i] = changed
	}
	if other.Judge(changed, []Question{q})[0].Verdict != VerdictAccept {
		return ""
	}
	return openingText(by, q, at)
}

// soleBlocker is the one rule or policy that keeps people out; nil if there are
// several or none.
func (r Reach) soleBlocker() (by *Decision) {
	for i := range r.outside {
		o := &r.outside[i]
		if o.kind != kindDrop && o.kind != kindReject {
			continue
		}
		if o.by == nil || o.by.Rule == nil && o.by.Chain == nil {
			return nil
		}
		if by != nil && (by.Rule != o.by.Rule || by.Chain != o.by.Chain) {
			return nil
		}
		by = o.by
	}
	return by
}

// withRule is the host with a rule that accepts the port, before the rule that
// blocks it, or at the end of the chain with the policy. at is its place in the
// chain.
func (h *Host) withRule(by *Decision, q Question) (changed *Host, at int) {
	chain := by.Chain
	if by.Rule != nil {
		chain = by.Rule.Chain
		at = slices.Index(chain.Rules, by.Rule)
	} else {
		at = len(chain.Rules)
	}
	table := ruleset.NewTable(chain.Table.Family, chain.Table.Name)
	table.Legacy, table.Sets, table.Objects, table.IPSets = chain.Table.Legacy, chain.Table.Sets, chain.Table.Objects, chain.Table.IPSets
	for _, c := range chain.Table.Chains {
		other := &ruleset.Chain{Table: table, Name: c.Name, Handle: c.Handle, Base: c.Base}
		for _, r := range c.Rules {
			other.Rules = append(other.Rules, &ruleset.Rule{Chain: other, Handle: r.Handle, Exprs: r.Exprs, Comment: r.Comment})
		}
		if c == chain {
			other.Rules = slices.Insert(other.Rules, at, &ruleset.Rule{Chain: other, Exprs: acceptPort(q)})
		}
		table.AddChain(other)
	}
	clone := *h
	clone.Rules = &ruleset.Ruleset{Tables: slices.Clone(h.Rules.Tables), IPSets: h.Rules.IPSets}
	i := slices.Index(clone.Rules.Tables, chain.Table)
	if i < 0 {
		return nil, 0
	}
	clone.Rules.Tables[i] = table
	return &clone, at
}

func acceptPort(q Question) []ruleset.Expr {
	none := ruleset.NoRegister
	return []ruleset.Expr{
		&ruleset.Meta{Key: ruleset.MetaL4Proto, Source: none},
		&ruleset.Cmp{Data: []byte{protoNumber(q.Proto)}},
		&ruleset.Payload{Base: ruleset.BaseTransport, Offset: 2, Len: 2, Source: none},
		&ruleset.Cmp{Data: binary.BigEndian.AppendUint16(nil, q.Port)},
		&ruleset.Immediate{Dest: none, Verdict: &ruleset.Verdict{Code: ruleset.VerdictAccept}},
	}
}

// openingText is the command. ufw and firewalld are known by the names that they
// give to their chains and tables.
func openingText(by *Decision, q Question, at int) string {
	chain := by.Chain
	if by.Rule != nil {
		chain = by.Rule.Chain
	}
	t := chain.Table
	managed := func(prefix string) bool {
		return slices.ContainsFunc(t.Chains, func(c *ruleset.Chain) bool { return strings.HasPrefix(c.Name, prefix) })
	}
	ofIptables := t.Legacy || slices.Contains([]string{"INPUT", "FORWARD"}, chain.Name) || by.Rule != nil && strings.Contains(by.Rule.String(), "-j ")
	switch {
	case managed("ufw-") || managed("ufw6-"):
		return fmt.Sprintf("ufw allow %d/%s", q.Port, q.Proto)
	case t.Name == "firewalld":
		return fmt.Sprintf("firewall-cmd --add-port=%d/%s", q.Port, q.Proto)
	case ofIptables:
		program := "iptables"
		if t.Family == ruleset.FamilyIPv6 {
			program = "ip6tables"
		}
		if t.Legacy {
			program += "-legacy"
		}
		return fmt.Sprintf("%s -t %s -I %s %d -p %s --dport %d -j ACCEPT", program, t.Name, chain.Name, at+1, q.Proto, q.Port)
	case by.Rule != nil:
		return fmt.Sprintf("nft insert rule %s position %d %s dport %d accept", chain, by.Rule.Handle, q.Proto, q.Port)
	default:
		return fmt.Sprintf("nft add rule %s %s dport %d accept", chain, q.Proto, q.Port)
	}
}
