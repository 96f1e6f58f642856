package firewall

import (
	"fmt"
	"testing"
)

const findingRules = `table inet filter {
chain input {
type filter hook input priority 0
policy drop
iif lo accept
ct state established,related accept
tcp dport 22 accept
tcp dport { 80, 443 } accept
ip saddr 198.18.9.0/24 tcp dport 22 drop
tcp dport 1-100 ip saddr 198.18.2.0/24 accept
udp dport 53 accept
udp dport 5353 drop
}
}
`

// TestFindings asks what is open and what has no effect, and what would open a
// port.
func TestFindings(t *testing.T) {
	inLab(t, func(l *lab) {
		if err := l.load(script{"nft", findingRules}); err != nil {
			t.Fatal(err)
		}
		topo, h, err := l.topology()
		if err != nil {
			t.Fatal(err)
		}
		shadows := topo.Shadowed(h)
		if len(shadows) != 1 || shadows[0].Rule.String() != "ip saddr 198.18.9.0/24 tcp dport 22 drop" || len(shadows[0].By) != 1 || shadows[0].By[0].Rule.String() != "tcp dport 22 accept" {
			t.Errorf("shadowed: %v", shadows)
		}
		if got := fmt.Sprint(shadows[0].Ports); got != "map[tcp:[{22 22}]]" {
			t.Errorf("its ports: %s", got)
		}
		idle := topo.Idle(h, func(proto string, port uint16) bool {
			return proto == "tcp" && (port == 22 || port == 1) || proto == "udp"
		})
		if len(idle) != 1 || fmt.Sprint(idle[0].Ports) != "map[tcp:[{80 80} {443 443}]]" {
			t.Errorf("idle: %v", idle)
		}
		total := 0
		for _, a := range topo.Admitted(h, "udp", false) {
			for _, p := range a.Ports {
				total += int(p.Last) - int(p.First) + 1
				if open := p.First == 53; open != (a.Reach.Verdict == VerdictAccept) {
					t.Errorf("udp %v: %v", p, a.Reach.Verdict)
				}
			}
		}
		if total != 65535 {
			t.Errorf("%d ports of udp", total)
		}
		for _, test := range []struct {
			q    Question
			want string
		}{
			{Question{Addr: mustAddr("0.0.0.0"), Proto: "tcp", Port: 8080}, "nft add rule inet filter input tcp dport 8080 accept"},
			{Question{Addr: mustAddr("::"), Proto: "udp", Port: 5353}, "nft insert rule inet filter input position " + fmt.Sprint(h.rules("input")[7].Handle) + " udp dport 5353 accept"},
			{Question{Addr: mustAddr("0.0.0.0"), Proto: "tcp", Port: 443}, ""},
		} {
			if got := topo.OpeningRule(h, test.q); got != test.want {
				t.Errorf("%v: %q, want %q", test.q, got, test.want)
			}
		}
	})
}

// TestEgress: what a chain at the way out of a device does with answers is not
// followed, and not passed over.
func TestEgress(t *testing.T) {
	inLab(t, func(l *lab) {
		for rules, want := range map[string]Verdict{"tcp sport 22 drop": VerdictUnknown, "counter": VerdictAccept} {
			if err := l.clear(); err != nil {
				t.Fatal(err)
			}
			text := "table inet t {\nchain input {\ntype filter hook input priority 0\ntcp dport 1 drop\n}\n}\ntable netdev d {\nchain out {\ntype filter hook egress device ta priority 0\n" + rules + "\n}\n}\n"
			if err := l.load(script{"nft", text}); err != nil {
				t.Skip(err)
			}
			l.checkReal(t, []claim{{"0.0.0.0", "tcp", 22, want, ""}, {"0.0.0.0", "udp", 22, VerdictAccept, ""}})
		}
	})
}

// TestARP: rules of ARP are noted if they may drop.
func TestARP(t *testing.T) {
	inLab(t, func(l *lab) {
		for rules, want := range map[string]bool{"policy drop": true, "arp operation request drop": true, "counter": false} {
			if err := l.clear(); err != nil {
				t.Fatal(err)
			}
			if err := l.load(script{"nft", "table arp t {\nchain input {\ntype filter hook input priority 0\n" + rules + "\n}\n}\n"}); err != nil {
				t.Skip(err)
			}
			_, h, err := l.topology()
			if err != nil {
				t.Fatal(err)
			}
			got := false
			for _, n := range h.Notes {
				got = got || n.Text == "rules of arp may keep neighbours from finding this host"
			}
			if got != want {
				t.Errorf("%s: noted %v, want %v", rules, got, want)
			}
		}
	})
}

// TestAnswers: where answers do not get out nobody can connect.
func TestAnswers(t *testing.T) {
	inLab(t, func(l *lab) {
		for _, test := range []struct {
			rules string
			want  Verdict
		}{
			{"policy drop", VerdictDrop},
			{"policy drop\nct state established accept", VerdictAccept},
			{"policy drop\ntcp sport 22 accept", VerdictAccept},
			{"tcp sport 22 ip daddr 198.18.9.0/24 reject", VerdictPartly},
			{"tcp dport 22 drop", VerdictAccept},
			{"oifname \"tb\" drop", VerdictPartly},
			{"ct direction reply tcp flags & (syn | ack) == syn | ack drop", VerdictDrop},
			{"ct state new drop", VerdictAccept},
		} {
			if err := l.clear(); err != nil {
				t.Fatal(err)
			}
			if err := l.load(script{"nft", "table inet t {\nchain output {\ntype filter hook output priority 0\n" + test.rules + "\n}\n}\n"}); err != nil {
				t.Fatal(err)
			}
			l.checkReal(t, []claim{{"0.0.0.0", "tcp", 22, test.want, ""}, {"0.0.0.0", "udp", 22, VerdictAccept, ""}})
		}
	})
}
