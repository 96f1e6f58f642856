package firewall

import (
	"net/netip"
	"strings"
	"testing"

	"porthole/internal/firewall/ruleset"
)

// TestOrderOfTranslations: of two chains of type nat with the same priority the one
// that was made last translates, and of chains in different tables the kernel does
// not tell which that is. Where both lead away it does not matter.
func TestOrderOfTranslations(t *testing.T) {
	for _, c := range []struct {
		first, second int
		verdict       Verdict
	}{
		{81, 82, VerdictDrop}, // another listener gets them
		{81, 80, VerdictUnknown},
	} {
		h := benchHost(1, func(int) []ruleset.Expr { return then(ruleset.VerdictAccept, toPort(80)) })
		for i, port := range []int{c.first, c.second} {
			table := ruleset.NewTable(ruleset.FamilyIPv4, []string{"one", "other"}[i])
			chain := &ruleset.Chain{Table: table, Name: "pre", Base: &ruleset.Base{Hook: ruleset.HookPrerouting, Type: "nat", Priority: -100}}
			table.AddChain(chain)
			chain.Rules = []*ruleset.Rule{{Chain: chain, Handle: 1, Exprs: append(toPort(80),
				&ruleset.Immediate{Dest: 1, Data: port2(port)},
				&ruleset.NAT{Dest: true, AddrMin: ruleset.NoRegister, AddrMax: ruleset.NoRegister, PortMin: 1, PortMax: ruleset.NoRegister, Flags: ruleset.NATPorts},
			)}}
			h.Rules.Tables = append(h.Rules.Tables, table)
		}
		topo := &Topology{Hosts: []*Host{h}}
		got := topo.Judge(h, []Question{{Addr: netip.IPv4Unspecified(), Proto: "tcp", Port: 80}})[0]
		if got.Verdict != c.verdict || c.verdict == VerdictUnknown && !strings.Contains(got.Why(), "same priority") {
			t.Errorf("to %d and %d: %v, %q, %q; want %v", c.first, c.second, got.Verdict, got.Decision().String(), got.Why(), c.verdict)
		}
	}
}
