package reach

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"porthole/internal/firewall/ruleset"
	"porthole/sockets"
)

// BenchmarkSockets tells who gets through to 1,000 listeners past 5,000 rules, as a
// list does: a quarter of the rules about ports, the others about sources, too. It
// should take 50 ms at most.
func BenchmarkSockets(b *testing.B) {
	const listeners, rules = 1000, 5000
	var exprs [][]ruleset.Expr
	for i := range rules {
		port := binary.BigEndian.AppendUint16(nil, uint16(1000+i))
		source := binary.BigEndian.AppendUint32(nil, 10<<24|uint32(i)*2654435761>>8)
		one := []ruleset.Expr{
			&ruleset.Meta{Key: ruleset.MetaL4Proto, Source: none}, &ruleset.Cmp{Data: []byte{6}},
			&ruleset.Payload{Base: ruleset.BaseTransport, Offset: 2, Len: 2, Source: none}, &ruleset.Cmp{Data: port},
		}
		if i%4 != 0 {
			one = append(append(family(ruleset.FamilyIPv4), &ruleset.Payload{Base: ruleset.BaseNetwork, Offset: 12, Len: 4, Source: none}, &ruleset.Cmp{Data: source}), one...)
		}
		exprs = append(exprs, append(one, &ruleset.Immediate{Dest: none, Verdict: &ruleset.Verdict{Code: ruleset.VerdictAccept}}))
	}
	list := make([]*sockets.Socket, listeners)
	for i := range list {
		s := listener("0.0.0.0", uint16(1000+i*7))
		s.Local = netip.AddrPortFrom(s.Local.Addr(), uint16(1000+i*7))
		list[i] = &s
	}
	for b.Loop() {
		b.StopTimer()
		h := host(exprs...)
		b.StartTimer()
		j := New([]sockets.Namespace{{Inode: own, Own: true, Firewall: h}})
		if got := j.Sockets(list); got[0].Verdict != "accept" || got[1].Verdict != "partly" {
			b.Fatal(got[0], got[1])
		}
	}
}
