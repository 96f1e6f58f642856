package firewall

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"porthole/internal/firewall/ruleset"
)

// benchHost is a host with one interface, and a chain of n rules of which rule
// gives the expressions.
func benchHost(n int, rule func(i int) []ruleset.Expr) *Host {
	table := ruleset.NewTable(ruleset.FamilyInet, "filter")
	chain := &ruleset.Chain{Table: table, Name: "input", Base: &ruleset.Base{Hook: ruleset.HookInput, Type: "filter", Drop: true}}
	table.AddChain(chain)
	for i := range n {
		chain.Rules = append(chain.Rules, &ruleset.Rule{Chain: chain, Handle: uint64(i + 1), Exprs: rule(i)})
	}
	return &Host{
		Rules: &ruleset.Ruleset{Tables: []*ruleset.Table{table}},
		Links: []Link{{Index: 1, Name: "lo", Up: true, Loopback: true}, {Index: 2, Name: "eth0", Up: true, Type: 1}},
		Routes: []Route{
			{Table: TableLocal, Dest: netip.MustParsePrefix("198.18.0.1/32"), Type: RouteLocal, Links: []int{2}},
			{Table: TableMain, Dest: netip.MustParsePrefix("198.18.0.0/16"), Type: RouteUnicast, Links: []int{2}},
			{Table: TableMain, Dest: netip.MustParsePrefix("0.0.0.0/0"), Type: RouteUnicast, Links: []int{2}},
		},
	}
}

func port2(n int) []byte { return binary.BigEndian.AppendUint16(nil, uint16(n)) }

func fromAddr(n int) []ruleset.Expr {
	addr := binary.BigEndian.AppendUint32(nil, 10<<24|uint32(n)*2654435761>>8)
	return []ruleset.Expr{
		&ruleset.Payload{Base: ruleset.BaseNetwork, Offset: 12, Len: 4, Source: ruleset.NoRegister},
		&ruleset.Cmp{Data: addr},
	}
}

func toPort(n int) []ruleset.Expr {
	return []ruleset.Expr{
		&ruleset.Meta{Key: ruleset.MetaL4Proto, Source: ruleset.NoRegister},
		&ruleset.Cmp{Data: []byte{6}},
		&ruleset.Payload{Base: ruleset.BaseTransport, Offset: 2, Len: 2, Source: ruleset.NoRegister},
		&ruleset.Cmp{Data: port2(n)},
	}
}

func then(code int32, exprs ...[]ruleset.Expr) (all []ruleset.Expr) {
	for _, e := range exprs {
		all = append(all, e...)
	}
	return append(all, &ruleset.Immediate{Dest: ruleset.NoRegister, Verdict: &ruleset.Verdict{Code: code}})
}

// BenchmarkJudge asks about 1,000 listeners, against 5,000 rules.
func BenchmarkJudge(b *testing.B) {
	const listeners, rules = 1000, 5000
	questions := make([]Question, listeners)
	for i := range questions {
		questions[i] = Question{Addr: netip.IPv4Unspecified(), Proto: "tcp", Port: uint16(1000 + i*7)}
	}
	for _, shape := range []struct {
		name string
		rule func(i int) []ruleset.Expr
	}{
		{"ports", func(i int) []ruleset.Expr { return then(ruleset.VerdictAccept, toPort(1000+i)) }},
		{"sources", func(i int) []ruleset.Expr { return then(ruleset.VerdictDrop, fromAddr(i)) }},
		{"both", func(i int) []ruleset.Expr { return then(ruleset.VerdictAccept, fromAddr(i), toPort(1000+i)) }},
		{"mixed", func(i int) []ruleset.Expr {
			switch i % 100 {
			case 0:
				return then(ruleset.VerdictDrop, fromAddr(i))
			case 1, 2, 3:
				return then(ruleset.VerdictAccept, toPort(1000+i*7))
			default:
				return then(ruleset.VerdictAccept, fromAddr(i), toPort(1000+i))
			}
		}},
	} {
		b.Run(shape.name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				h := benchHost(rules, shape.rule)
				topo := &Topology{Hosts: []*Host{h}}
				b.StartTimer()
				if n := len(topo.Judge(h, questions)); n != listeners {
					b.Fatal(n)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/op")
		})
	}
}
