package firewall

import (
	"encoding/binary"
	"net/netip"
	"path/filepath"
	"testing"

	"porthole/internal/firewall/ruleset"
)

// appendMessage adds a message to a row of them: its type, its length, its
// body.
func appendMessage(b []byte, kind uint16, body []byte) []byte {
	b = binary.LittleEndian.AppendUint16(b, kind)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(body)))
	return append(b, body...)
}

// build puts together what a row of messages tells, as far as it is right.
func build(row []byte) *ruleset.Ruleset {
	b := &ruleset.Builder{}
	const newRule = 10<<8 | 6
	finished := false
	for len(row) >= 4 {
		kind, size := binary.LittleEndian.Uint16(row), int(binary.LittleEndian.Uint16(row[2:]))
		row = row[4:]
		if size > len(row) {
			break
		}
		if kind == newRule && !finished {
			b.Finish()
			finished = true
		}
		if b.Add(kind, row[:size:size]) != nil {
			break
		}
		row = row[size:]
	}
	return b.Ruleset()
}

// FuzzJudge holds that any rule set is evaluated and printed without a panic,
// and in bounded time: the kernel refuses loops and deep jumps, a defect may not.
func FuzzJudge(f *testing.F) {
	names, err := filepath.Glob("testdata/regress/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		var row []byte
		for _, m := range readRecording(f, name).Hosts[0].Messages {
			row = appendMessage(row, m.Kind, decode64(f, m.Body))
		}
		f.Add(row)
	}
	f.Fuzz(func(t *testing.T, row []byte) {
		h := benchHost(0, nil)
		h.Rules = build(row)
		h.Links = append(h.Links, Link{Index: 3, Name: "ta", Up: true, Kind: "veth"}, Link{Index: 4, Name: "br0", Kind: "bridge", Up: true})
		h.Routes = append(h.Routes, Route{Table: TableLocal, Dest: netip.MustParsePrefix("2001:db8::1/128"), Type: RouteLocal, Links: []int{2}}, Route{Table: TableMain, Dest: netip.MustParsePrefix("::/0"), Type: RouteUnicast, Links: []int{3}})
		h.Sysctls.Forward = map[string]bool{"eth0": true}
		judgeAll(t, h)
		for _, r := range Translations(h.Rules) {
			if !r.To.IsValid() || r.Proto == "" || r.First > r.Last {
				t.Errorf("%+v leads nowhere or from nowhere", r)
			}
			r.From(80)
			r.Port(80)
		}
		for _, table := range h.Rules.Tables {
			for _, c := range table.Chains {
				for _, r := range c.Rules {
					_ = r.String()
				}
			}
		}
	})
}

// judgeAll asks some questions, and holds that the pieces of each answer are
// disjoint and are all packets.
func judgeAll(t *testing.T, h *Host) {
	topo := &Topology{Hosts: []*Host{h}}
	var questions []Question
	for _, addr := range []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()} {
		for _, proto := range []string{"tcp", "udp"} {
			questions = append(questions, Question{Addr: addr, Proto: proto, Port: 80}, Question{Addr: addr, Proto: proto, Port: 443})
		}
	}
	for i, r := range topo.Judge(h, questions) {
		for _, source := range []string{"198.18.0.9:40000", "10.0.0.1:53", "[2001:db8::9]:40000", "[fd00::1]:53"} {
			from := netip.MustParseAddrPort(source)
			if from.Addr().Is6() != questions[i].Addr.Is6() {
				continue
			}
			to := netip.MustParseAddr("198.18.0.1")
			if from.Addr().Is6() {
				to = netip.MustParseAddr("2001:db8::1")
			}
			for _, entry := range []string{"eth0", "ta"} {
				if _, n := r.find(from, entry, to); n != 1 {
					t.Fatalf("%v from %v by %s is in %d pieces: %v", questions[i], from, entry, n, r.pieces())
				}
			}
		}
		_, _, _ = r.Decision().String(), r.Why(), r.from()
	}
}

// TestJumpLoop holds that chains that jump in a circle end.
func TestJumpLoop(t *testing.T) {
	h := benchHost(0, nil)
	table := h.Rules.Tables[0]
	input := table.Chain("input")
	jump := func(c *ruleset.Chain, code int32, to string) {
		c.Rules = append(c.Rules, &ruleset.Rule{Chain: c, Exprs: []ruleset.Expr{&ruleset.Immediate{Dest: ruleset.NoRegister, Verdict: &ruleset.Verdict{Code: code, Chain: to}}}})
	}
	for _, name := range []string{"a", "b"} {
		table.AddChain(&ruleset.Chain{Table: table, Name: name})
	}
	jump(input, ruleset.VerdictJump, "a")
	for range 8 {
		jump(table.Chain("a"), ruleset.VerdictJump, "b")
		jump(table.Chain("b"), ruleset.VerdictJump, "a")
		jump(table.Chain("b"), ruleset.VerdictGoto, "b")
	}
	topo := &Topology{Hosts: []*Host{h}}
	if r := topo.Judge(h, []Question{{Addr: netip.IPv4Unspecified(), Proto: "tcp", Port: 80}})[0]; r.Verdict != VerdictUnknown {
		t.Errorf("a loop of jumps: %v", r.Verdict)
	}
}

// TestDeepJumps holds that chains that jump to each other over and over end,
// too: each of 15 jumps to the next 8 times, and all come back.
func TestDeepJumps(t *testing.T) {
	h := benchHost(0, nil)
	table := h.Rules.Tables[0]
	from := table.Chain("input")
	for n := range 15 {
		next := &ruleset.Chain{Table: table, Name: string(rune('a' + n))}
		table.AddChain(next)
		for range 8 {
			from.Rules = append(from.Rules, &ruleset.Rule{Chain: from, Exprs: []ruleset.Expr{&ruleset.Immediate{Dest: ruleset.NoRegister, Verdict: &ruleset.Verdict{Code: ruleset.VerdictJump, Chain: next.Name}}}})
		}
		from = next
	}
	topo := &Topology{Hosts: []*Host{h}}
	if r := topo.Judge(h, []Question{{Addr: netip.IPv4Unspecified(), Proto: "tcp", Port: 80}})[0]; r.Verdict != VerdictUnknown {
		t.Errorf("too many jumps: %v", r.Verdict)
	}
}
