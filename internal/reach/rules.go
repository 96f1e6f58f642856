package reach

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"porthole/internal/firewall"
	"porthole/internal/firewall/ruleset"
	"porthole/sockets"
)

// Rule is a rule of the caller's namespace that deserves a look.
type Rule struct {
	Text   string   // with its place: "inet filter input handle 7: tcp dport 80 accept"
	Stable string   // the same without what differs after the rules were loaded again
	Proto  string   // of the ports, the first of several
	Port   uint16   // the first of the ports; 0 if it is about all
	Ports  string   // in words: "80 and 443 of tcp"
	By     []string // of a shadowed rule: what decides before it
}

// Idle finds the rules that let connections in to ports that nothing of the list
// waits on. Rules for clients of DHCP are not among them, as ufw and firewalld write
// them of their own: these clients read packets without a socket of UDP, or have one
// for as long as they ask.
func (j *Judge) Idle(list []sockets.Socket) (rules []Rule) {
	if j.own == nil || len(j.own.Unread) > 0 {
		return nil
	}
	type place struct {
		proto string
		port  uint16
	}
	waiting := make(map[place]bool)
	for i := range list {
		s := &list[i]
		if s.State.Waits() && s.Exposure() != sockets.ExposureLoopback && j.spaces[s.NetNS].Own {
			waiting[place{s.Proto, s.Local.Port()}] = true
		}
	}
	const dhcp, dhcpv6 = 68, 546 // RFC 2131 section 4.1, RFC 8415 section 7.2
	waits := func(proto string, port uint16) bool {
		return waiting[place{proto, port}] || proto == "udp" && (port == dhcp || port == dhcpv6)
	}
	for _, idle := range j.topology.Idle(j.own, waits) {
		rules = append(rules, rule(idle.Rule, idle.Ports))
	}
	return rules
}

// shadowsMost is in how many rules those that are shadowed are sought: each is
// compared with all before it.
const shadowsMost = 1000

// Shadowed finds the rules that have no effect because of others before them.
// complete is false if there are too many rules to look for that.
func (j *Judge) Shadowed() (rules []Rule, complete bool) {
	if j.own == nil || len(j.own.Unread) > 0 {
		return nil, true
	}
	n := 0
	for _, t := range j.own.Rules.Tables {
		for _, c := range t.Chains {
			n += len(c.Rules)
		}
	}
	if n > shadowsMost {
		return nil, false
	}
	for _, s := range j.topology.Shadowed(j.own) {
		one := rule(s.Rule, s.Ports)
		for _, by := range s.By {
			one.By = append(one.By, by.String())
		}
		rules = append(rules, one)
	}
	return rules, true
}

func rule(r *ruleset.Rule, ports map[string][]firewall.PortRange) Rule {
	out := Rule{Text: (&firewall.Decision{Rule: r}).String(), Stable: fmt.Sprintf("%s: %s", r.Chain, r), Proto: "tcp"}
	var words []string
	for i, proto := range slices.Sorted(maps.Keys(ports)) {
		text := portsText(ports[proto])
		if i == 0 {
			out.Proto = proto
			if out.Port = first(ports[proto]); text == "every port" {
				out.Port = 0
			}
		}
		words = append(words, text+" of "+proto)
	}
	out.Ports = strings.Join(words, ", ")
	return out
}
