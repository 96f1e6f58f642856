package firewall

import (
	"net/netip"
	"testing"

	"porthole/internal/firewall/ruleset"
)

// TestAlikeNamespaces: where a port is led to an address that two namespaces have, by
// links with the same numbers, it cannot be told whose rules decide.
func TestAlikeNamespaces(t *testing.T) {
	const address = "198.18.3.2"
	publisher := benchHost(0, func(int) []ruleset.Expr { return nil })
	publisher.Links = append(publisher.Links, Link{Index: 3, Name: "veth0", Kind: "veth", Up: true, Type: 1, Peer: 2, Away: true})
	publisher.Routes = append(publisher.Routes, Route{Table: TableMain, Dest: netip.MustParsePrefix("198.18.3.0/24"), Type: RouteUnicast, Links: []int{3}})
	publisher.Sysctls.Forward = map[string]bool{"eth0": true, "veth0": true}
	table := ruleset.NewTable(ruleset.FamilyIPv4, "nat")
	chain := &ruleset.Chain{Table: table, Name: "prerouting", Base: &ruleset.Base{Hook: ruleset.HookPrerouting, Type: "nat", Priority: -100}}
	table.AddChain(chain)
	to := netip.MustParseAddr(address).As4()
	chain.Rules = []*ruleset.Rule{{Chain: chain, Handle: 1, Exprs: []ruleset.Expr{
		&ruleset.Immediate{Dest: 1, Data: to[:]},
		&ruleset.NAT{Dest: true, Family: ruleset.FamilyIPv4, AddrMin: 1, AddrMax: ruleset.NoRegister, PortMin: ruleset.NoRegister, PortMax: ruleset.NoRegister},
	}}}
	publisher.Rules.Tables = append(publisher.Rules.Tables, table)
	container := func() *Host {
		h := benchHost(1, func(int) []ruleset.Expr { return then(ruleset.VerdictAccept, toPort(22)) })
		h.Links[1].Kind, h.Links[1].Peer = "veth", 3
		h.Links[1].Addrs = []Addr{{Prefix: netip.MustParsePrefix(address + "/24")}}
		h.Routes = append(h.Routes, Route{Table: TableLocal, Dest: netip.MustParsePrefix(address + "/32"), Type: RouteLocal, Links: []int{2}})
		return h
	}
	for n, want := range map[int]Verdict{1: VerdictDrop, 2: VerdictUnknown} {
		topo := &Topology{Hosts: []*Host{publisher}}
		for range n {
			topo.Hosts = append(topo.Hosts, container())
		}
		r := topo.Judge(publisher, []Question{{Addr: netip.MustParseAddr("198.18.0.1"), Proto: "tcp", Port: 80}})[0]
		if r.Verdict != want {
			t.Errorf("with %d containers: %v (%s), want %v", n, r.Verdict, r.Why(), want)
		}
	}
}
