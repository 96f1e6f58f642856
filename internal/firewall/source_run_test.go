package firewall

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"porthole/internal/firewall/ruleset"
)

// TestSourceRuns makes chains in which rules about the source, the port and both
// take turns, and compares with what the first rule says that a packet meets.
func TestSourceRuns(t *testing.T) {
	type plain struct {
		prefix netip.Prefix // of the source; the zero Prefix for every one
		port   uint16       // 0 for every one
		code   int32
	}
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 0))
		var rules []plain
		h := benchHost(1+r.IntN(40), func(int) []ruleset.Expr {
			p := plain{code: []int32{ruleset.VerdictAccept, ruleset.VerdictDrop, ruleset.VerdictDrop}[r.IntN(3)]}
			var exprs [][]ruleset.Expr
			if r.IntN(5) > 0 {
				p.prefix = netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(r.IntN(64))}), []int{24, 32, 32, 32}[r.IntN(4)]).Masked()
				exprs = append(exprs, fromPrefix(p.prefix))
			}
			if p.prefix == (netip.Prefix{}) || r.IntN(4) == 0 {
				p.port = uint16(1 + r.IntN(4))
				exprs = append(exprs, toPort(int(p.port)))
			}
			rules = append(rules, p)
			return then(p.code, exprs...)
		})
		var questions []Question
		for port := range uint16(5) {
			questions = append(questions, Question{Addr: netip.IPv4Unspecified(), Proto: "tcp", Port: port + 1})
		}
		topo := &Topology{Hosts: []*Host{h}}
		for i, reach := range topo.Judge(h, questions) {
			for last := range byte(66) {
				from, port := netip.AddrFrom4([4]byte{10, 0, 0, last}), questions[i].Port
				want, by := VerdictDrop, "inet filter input: policy drop"
				for n, p := range rules {
					if (p.prefix == (netip.Prefix{}) || p.prefix.Contains(from)) && (p.port == 0 || p.port == port) {
						want, by = map[int32]Verdict{ruleset.VerdictAccept: VerdictAccept, ruleset.VerdictDrop: VerdictDrop}[p.code], fmt.Sprint("handle ", n+1)
						break
					}
				}
				piece, n := reach.find(netip.AddrPortFrom(from, 40000), "eth0", netip.MustParseAddr("198.18.0.1"))
				text := piece.By.String()
				if piece.By != nil && piece.By.Rule != nil {
					text = fmt.Sprint("handle ", piece.By.Rule.Handle)
				}
				if n != 1 || piece.Verdict != want || text != by {
					t.Fatalf("seed %d, %v to %d: %v by %s in %d pieces, want %v by %s; rules %v", seed, from, port, piece.Verdict, text, n, want, by, rules)
				}
			}
		}
	}
}

// fromPrefix asks for sources by the bytes that a prefix covers.
func fromPrefix(p netip.Prefix) []ruleset.Expr {
	addr := binary.BigEndian.AppendUint32(nil, uint32(ofAddr(p.Addr()).low))
	n := p.Bits() / 8
	return []ruleset.Expr{
		&ruleset.Payload{Base: ruleset.BaseNetwork, Offset: 12, Len: n, Source: ruleset.NoRegister},
		&ruleset.Cmp{Data: addr[:n]},
	}
}
