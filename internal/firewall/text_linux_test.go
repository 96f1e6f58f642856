package firewall

import (
	"context"
	"os/exec"
	"strings"
	"testing"

	"porthole/internal/firewall/ruleset"
)

// TestText holds that rules are printed as nft prints them.
func TestText(t *testing.T) {
	inLab(t, func(l *lab) {
		for _, rule := range []string{
			"tcp dport 22 accept",
			"tcp dport != 22 drop",
			"tcp dport { 22, 80, 443 } accept",
			"tcp dport 1000-2000 counter accept",
			"udp dport >= 1000 reject",
			"th dport 53 accept",
			"meta l4proto tcp accept",
			"meta l4proto { tcp, udp } th dport 53 accept",
			"ip saddr 10.0.0.0/8 tcp dport 443 accept",
			"ip saddr 10.0.0.0/9 accept",
			"ip saddr 10.1.2.3 ip daddr 10.1.2.4 drop",
			"ip saddr { 10.0.0.0/8, 192.168.1.1-192.168.1.9 } accept",
			"ip saddr . tcp dport { 10.0.0.1 . 22, 10.0.0.2 . 80 } accept",
			"ip6 saddr 2001:db8::/32 tcp dport 22 accept",
			"ip6 saddr 2001:db8::1 accept",
			`iifname "ta" accept`,
			`iifname "t*" accept`,
			`iifname != "ta" drop`,
			`iifname { "ta", "tb" } accept`,
			`oifname "tc" accept`,
			"ct state established,related accept",
			"ct state new tcp dport 22 accept",
			"ct state vmap { invalid : drop, established : accept, related : accept }",
			"ct status dnat accept",
			"ct mark 0x00000001 accept",
			"meta mark 0x00000003 drop",
			"meta mark & 0x00000002 == 0x00000002 drop",
			"meta mark set 0x00000001",
			"meta nfproto ipv4 accept",
			"ip protocol icmp accept",
			"tcp flags syn / fin,syn,rst,ack accept",
			"tcp flags syn accept",
			"limit rate 5/second accept",
			"limit rate over 10/minute drop",
			"fib daddr type local accept",
			"fib saddr . iif oif missing drop",
			"counter drop",
			`log prefix "in: " drop`,
			"jump other",
			"goto other",
			"return",
			"reject with tcp reset",
			"reject with icmpx admin-prohibited",
			"ip saddr @addrs accept",
			"tcp dport vmap { 22 : accept, 80 : jump other }",
			`tcp dport 22 accept comment "for me"`,
			"meta pkttype host accept",
			"ct direction original accept",
			"ip ttl 64 accept",
			"ip6 nexthdr tcp accept",
			"udp sport 53 udp dport 1024-65535 accept",
			"meta mark set ip saddr map { 10.0.0.1 : 0x00000001, 10.0.0.2 : 0x00000002 }",
			"update @seen { ip saddr }",
		} {
			got, want, err := l.texts("filter hook input priority 0", rule)
			if err != nil {
				t.Errorf("%s: %v", rule, err)
			} else if got != want {
				t.Errorf("printed %q; nft prints %q", got, want)
			}
		}
		for _, rule := range []string{
			"tcp dport 80 dnat ip to 172.17.0.2:8080",
			"tcp dport 80 dnat ip6 to [fd00::2]:8080",
			"tcp dport 80 redirect to :8080",
			"ip daddr 10.0.0.1 dnat ip to 10.0.0.2",
		} {
			got, want, err := l.texts("nat hook prerouting priority dstnat", rule)
			if err != nil {
				t.Errorf("%s: %v", rule, err)
			} else if got != want {
				t.Errorf("printed %q; nft prints %q", got, want)
			}
		}
	})
}

// texts loads a rule, and gives its text and that of nft.
func (l *lab) texts(hook, rule string) (ours, nft string, err error) {
	err = l.enter(l.target)
	if err == nil {
		err = l.run("flush ruleset\ntable inet t {\nset addrs {\ntype ipv4_addr\n}\nset seen {\ntype ipv4_addr\nflags dynamic\n}\nchain other {\n}\nchain c {\ntype "+hook+"\n"+rule+"\n}\n}\n", "nft", "-f", "-")
	}
	if err != nil {
		return "", "", err
	}
	h, err := Read(context.Background())
	if err != nil {
		return "", "", err
	}
	out, err := exec.Command("nft", "-s", "list", "chain", "inet", "t", "c").Output()
	lines := strings.Split(string(out), "\n")
	return h.rules("c")[0].String(), strings.TrimSpace(lines[3]), err
}

// rules are those of the chain with a name.
func (h *Host) rules(chain string) []*ruleset.Rule {
	for _, t := range h.Rules.Tables {
		if c := t.Chain(chain); c != nil {
			return c.Rules
		}
	}
	return nil
}

// TestIptablesText holds that rules of iptables are printed as iptables-save
// prints them.
func TestIptablesText(t *testing.T) {
	need(t, "iptables-legacy-restore")
	inLab(t, func(l *lab) {
		for _, rule := range []string{
			"-p tcp -m tcp --dport 22 -j ACCEPT",
			"-s 10.0.0.0/8 -p tcp -m tcp --dport 443 -j ACCEPT",
			"-i ta -j DROP",
			"! -i t+ -j DROP",
			"-p tcp -m multiport --dports 22,80,1000:2000 -j ACCEPT",
			"-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
			"-m addrtype --dst-type LOCAL -j DROP",
			"-m mark --mark 0x1/0x3 -j ACCEPT",
			"-p udp -m udp --sport 53 -j REJECT --reject-with icmp-port-unreachable",
			"-m limit --limit 5/sec -j ACCEPT",
			`-m comment --comment "for me" -j ACCEPT`,
			"-d 10.0.0.1/32 -p tcp -m tcp --tcp-flags SYN,ACK SYN -j RETURN",
			"-j OTHER",
			"-g OTHER",
		} {
			if err := l.clear(); err != nil {
				t.Fatal(err)
			}
			if err := l.run("*filter\n:INPUT ACCEPT\n:OTHER -\n-A INPUT "+rule+"\nCOMMIT\n", "iptables-legacy-restore"); err != nil {
				t.Error(err)
				continue
			}
			h, err := Read(context.Background())
			if err != nil {
				t.Error(err)
				continue
			}
			if got := h.rules("INPUT")[0].String(); got != rule {
				t.Errorf("printed %q, want %q", got, rule)
			}
		}
	})
}
