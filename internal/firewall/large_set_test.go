package firewall

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"

	"porthole/internal/firewall/ruleset"
)

// sourceSet is a rule about a set of source addresses with their source ports.
func sourceSet(n int) []ruleset.Expr {
	set := &ruleset.Set{Name: "clients", KeyLen: 8, Fields: []int{4, 2}}
	for i := range n {
		key := binary.BigEndian.AppendUint32(nil, 10<<24|uint32(i)*2654435761>>8)
		key = append(binary.BigEndian.AppendUint16(key, uint16(i*7)), 0, 0)
		set.Elements = append(set.Elements, ruleset.Element{Key: key})
	}
	return []ruleset.Expr{
		&ruleset.Payload{Base: ruleset.BaseNetwork, Offset: 12, Len: 4, Dest: 1, Source: ruleset.NoRegister},
		&ruleset.Meta{Key: ruleset.MetaL4Proto, Dest: 5, Source: ruleset.NoRegister},
		&ruleset.Payload{Base: ruleset.BaseTransport, Offset: 0, Len: 2, Dest: 2, Source: ruleset.NoRegister},
		&ruleset.Lookup{Set: set, Source: 1, Dest: ruleset.NoRegister},
	}
}

// TestLargeSets: a set whose elements part packets by address and port is followed
// while it is small. One that would take the square of ten thousand steps, as the
// owner of any network namespace can make it, is given up in few.
func TestLargeSets(t *testing.T) {
	for _, c := range []struct {
		elements int
		verdict  Verdict
	}{
		{3, VerdictPartly},
		{10_000, VerdictUnknown},
	} {
		h := benchHost(1, func(int) []ruleset.Expr { return then(ruleset.VerdictAccept, sourceSet(c.elements)) })
		topo := &Topology{Hosts: []*Host{h}}
		got := topo.Judge(h, []Question{{Addr: netip.IPv4Unspecified(), Proto: "tcp", Port: 80}})[0]
		if why := got.Why(); got.Verdict != c.verdict || c.verdict == VerdictUnknown && !strings.Contains(why, "too many cases") {
			t.Errorf("%d elements: %v, %q; want %v", c.elements, got.Verdict, why, c.verdict)
		}
	}
}
