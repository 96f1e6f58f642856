package firewall

import (
	"net/netip"
	"testing"

	"porthole/internal/firewall/ruleset"
)

// TestVRF: what comes by a VRF, which has routes and addresses of its own, cannot be
// told; what comes otherwise can.
func TestVRF(t *testing.T) {
	h := benchHost(1, func(int) []ruleset.Expr { return then(ruleset.VerdictAccept, toPort(22)) })
	h.Links = append(h.Links,
		Link{Index: 3, Name: "red", Kind: "vrf", Up: true},
		Link{Index: 4, Name: "eth1", Master: 3, Up: true, Type: 1, Addrs: []Addr{{Prefix: netip.MustParsePrefix("198.18.5.1/24")}}})
	topo := &Topology{Hosts: []*Host{h}}
	ask := func(addr string) Reach {
		return topo.Judge(h, []Question{{Addr: netip.MustParseAddr(addr), Proto: "tcp", Port: 80}})[0]
	}
	if r := ask("198.18.5.1"); r.Verdict != VerdictUnknown || r.Why() != "the routes of a VRF are not followed" {
		t.Errorf("an address in a VRF: %v, %s", r.Verdict, r.Why())
	}
	for entry, want := range map[string]Verdict{"eth0": VerdictDrop, "eth1": VerdictUnknown} {
		p, n := ask("198.18.0.1").find(netip.MustParseAddrPort("198.18.9.9:40000"), entry, netip.MustParseAddr("198.18.0.1"))
		if n != 1 || p.Verdict != want {
			t.Errorf("by %s: %v, want %v", entry, p, want)
		}
	}
}
