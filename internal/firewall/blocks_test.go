package firewall

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"porthole/internal/firewall/ruleset"
)

// TestManyPairs: a set of 20,000 pairs of a source and a port that it sends from is
// looked up without as many boxes.
func TestManyPairs(t *testing.T) {
	set := &ruleset.Set{KeyLen: 8, Fields: []int{4, 2}}
	for n := range uint16(20000) {
		addr := netip.AddrFrom4([4]byte{10, 0, 0, byte(n % 4)})
		key := append(addr.AsSlice(), 0, 0, 0, 0)
		binary.BigEndian.PutUint16(key[4:], 10000+n)
		set.Elements = append(set.Elements, ruleset.Element{Key: key, Last: key})
	}
	h := benchHost(1, func(int) []ruleset.Expr {
		return []ruleset.Expr{
			&ruleset.Payload{Base: ruleset.BaseNetwork, Offset: 12, Len: 4, Source: ruleset.NoRegister},
			&ruleset.Payload{Base: ruleset.BaseTransport, Offset: 0, Len: 2, Dest: 1, Source: ruleset.NoRegister},
			&ruleset.Lookup{Set: set, Dest: ruleset.NoRegister},
			&ruleset.Immediate{Dest: ruleset.NoRegister, Verdict: &ruleset.Verdict{Code: ruleset.VerdictAccept}},
		}
	})
	topo := &Topology{Hosts: []*Host{h}}
	r := topo.Judge(h, []Question{{Addr: netip.IPv4Unspecified(), Proto: "tcp", Port: 80}})[0]
	const most = 50
	if n := len(r.pieces()); n > most {
		t.Errorf("%d pieces", n)
	}
	for from, want := range map[string]Verdict{"10.0.0.1:10001": VerdictAccept, "10.0.0.1:10002": VerdictDrop, "10.0.0.2:29998": VerdictAccept, "10.0.0.4:10004": VerdictDrop} {
		if p, n := r.find(netip.MustParseAddrPort(from), "eth0", netip.MustParseAddr("198.18.0.1")); n != 1 || p.Verdict != want {
			t.Errorf("from %s: %v in %d pieces, want %v", from, p.Verdict, n, want)
		}
	}
}
