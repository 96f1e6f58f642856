package firewall

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// lines are translations in a form to compare.
func lines(list []Translation) (text []string) {
	for _, r := range list {
		at := "any"
		if r.At.IsValid() {
			at = r.At.String()
		}
		line := fmt.Sprintf("%s %s:%d-%d to %s:%d-%d", r.Proto, at, r.First, r.Last, r.To, r.ToFirst, r.ToLast)
		if r.Shifted {
			line += " shifted"
		}
		text = append(text, line)
	}
	slices.Sort(text)
	return text
}

// TestTranslations gives the kernel one rule after the other.
func TestTranslations(t *testing.T) {
	nft := func(rule string) script {
		return script{"nft", "table inet nat {\nchain pre {\ntype nat hook prerouting priority dstnat\n" + rule + "\n}\n}\n"}
	}
	iptables := func(tool, rule string) script {
		return script{tool, "*nat\n:PREROUTING ACCEPT\n-A PREROUTING " + rule + "\nCOMMIT\n"}
	}
	inLab(t, func(l *lab) {
		for _, test := range []struct {
			script script
			want   []string
		}{
			{nft("tcp dport 8080 dnat ip to 172.17.0.2:80"), []string{"tcp any:8080-8080 to 172.17.0.2:80-80"}},
			{nft("udp dport 53 dnat ip6 to [fd00::2]:5353"), []string{"udp any:53-53 to fd00::2:5353-5353"}},
			{nft("ip daddr 198.18.0.1 tcp dport 80 dnat ip to 172.17.0.2"), []string{"tcp 198.18.0.1:80-80 to 172.17.0.2:0-0"}},
			{nft("ip6 daddr fd00::1 tcp dport 80 dnat ip6 to fd00::2"), []string{"tcp fd00::1:80-80 to fd00::2:0-0"}},
			{nft(`iifname != "docker0" fib daddr type local tcp dport 81 counter dnat ip to 172.17.0.2:80`), []string{"tcp any:81-81 to 172.17.0.2:80-80"}},
			{nft("tcp dport 8000-8010 dnat ip to 172.17.0.2"), []string{"tcp any:8000-8010 to 172.17.0.2:0-0"}},
			{nft("tcp dport 8000-8010 dnat ip to 172.17.0.2:9000-9010"), []string{"tcp any:8000-8010 to 172.17.0.2:9000-9010"}},
			{nft("tcp dport { 80, 443 } dnat ip to 172.17.0.2"), []string{"tcp any:443-443 to 172.17.0.2:0-0", "tcp any:80-80 to 172.17.0.2:0-0"}},
			{nft("tcp dport { 80-90, 91-95, 443 } dnat ip to 172.17.0.2"), []string{"tcp any:443-443 to 172.17.0.2:0-0", "tcp any:80-95 to 172.17.0.2:0-0"}},
			{nft("tcp dport >= 60000 dnat ip to 172.17.0.2"), []string{"tcp any:60000-65535 to 172.17.0.2:0-0"}},
			{nft("meta l4proto { tcp, udp } th dport 53 dnat ip to 172.17.0.2"), []string{"tcp any:53-53 to 172.17.0.2:0-0", "udp any:53-53 to 172.17.0.2:0-0"}},
			{nft("dnat ip to tcp dport map { 80 : 172.17.0.2, 443 : 172.17.0.3 }"), []string{"tcp any:443-443 to 172.17.0.3:0-0", "tcp any:80-80 to 172.17.0.2:0-0"}},
			{nft("dnat ip to tcp dport map { 80 : 172.17.0.2 . 8080, 443 : 172.17.0.3 . 8443 }"), []string{"tcp any:443-443 to 172.17.0.3:8443-8443", "tcp any:80-80 to 172.17.0.2:8080-8080"}},
			{nft("dnat ip6 to tcp dport map { 80 : fd00::2 . 8080 }"), []string{"tcp any:80-80 to fd00::2:8080-8080"}},
			{iptables("iptables-nft-restore", "-p tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80"), []string{"tcp any:8080-8080 to 172.17.0.2:80-80"}},
			{iptables("iptables-nft-restore", "! -i docker0 -p udp -m udp --dport 53 -j DNAT --to-destination 172.17.0.2:5353"), []string{"udp any:53-53 to 172.17.0.2:5353-5353"}},
			{iptables("iptables-nft-restore", "-d 198.18.0.1/32 -p tcp --dport 80 -j DNAT --to-destination 172.17.0.2"), []string{"tcp 198.18.0.1:80-80 to 172.17.0.2:0-0"}},
			{iptables("iptables-nft-restore", "-p tcp --dport 8000:8010 -j DNAT --to-destination 172.17.0.2:9000-9010/8000"), []string{"tcp any:8000-8010 to 172.17.0.2:9000-9010 shifted"}},
			{iptables("iptables-nft-restore", "-p tcp -m multiport --dports 80,443,8000:8010 -j DNAT --to-destination 172.17.0.2"), []string{"tcp any:443-443 to 172.17.0.2:0-0", "tcp any:80-80 to 172.17.0.2:0-0", "tcp any:8000-8010 to 172.17.0.2:0-0"}},
			{iptables("ip6tables-nft-restore", "-p tcp --dport 8080 -j DNAT --to-destination [fd00::2]:80"), []string{"tcp any:8080-8080 to fd00::2:80-80"}},
			{iptables("iptables-legacy-restore", "-p tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80"), []string{"tcp any:8080-8080 to 172.17.0.2:80-80"}},
			// What is left out rather than guessed.
			{nft("tcp dport != 22 dnat ip to 172.17.0.2"), nil},
			{nft("ip daddr 198.18.0.0/24 tcp dport 80 dnat ip to 172.17.0.2"), nil},
			{nft("ip daddr 198.18.0.0/25 tcp dport 80 dnat ip to 172.17.0.2"), nil},
			{nft("ip daddr { 198.18.0.1, 198.18.0.2 } tcp dport 80 dnat ip to 172.17.0.2"), nil},
			{nft("tcp dport 80 dnat ip to 172.17.0.2-172.17.0.9"), nil},
			{nft("tcp dport 80 dnat ip to numgen inc mod 2 map { 0 : 172.17.0.2, 1 : 172.17.0.3 }"), nil},
			{nft("tcp dport 80 dnat ip to ip saddr map { 198.18.0.9 : 172.17.0.2 }"), nil},
			{nft("tcp dport 80 redirect to :8080"), nil},
			{nft("tcp dport 80 accept"), nil},
			{iptables("iptables-nft-restore", "-d 198.18.0.0/24 -p tcp --dport 80 -j DNAT --to-destination 172.17.0.2"), nil},
			{iptables("iptables-nft-restore", "-p tcp ! --dport 80 -j DNAT --to-destination 172.17.0.2"), nil},
			{iptables("iptables-nft-restore", "-p tcp --dport 80 -j REDIRECT --to-ports 8080"), nil},
		} {
			if err := l.clear(); err != nil {
				t.Fatal(err)
			}
			name := strings.TrimSpace(test.script.rules)
			err := l.load(test.script)
			if errors.Is(err, exec.ErrNotFound) {
				t.Logf("not tried: %v", err)
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			h, err := readRules(context.Background())
			if got := lines(Translations(h.Rules)); err != nil || !slices.Equal(got, test.want) {
				t.Errorf("%s: %q, %v; want %q", name, got, err, test.want)
			}
		}
	})
}
