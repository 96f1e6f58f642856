package netlab

import (
	"strings"
	"testing"
)

func TestRules(t *testing.T) {
	for _, c := range []struct{ name, rules, table, want string }{
		{"ports dropped", Filter("tcp", Drop, 22, 80), "netlab_tcp_drop", "tcp dport { 22, 80 } drop"},
		{"all but some dropped", FilterExcept("tcp", Drop, 22, 80), "netlab_tcp_drop", "tcp dport != { 22, 80 } drop"},
		{"all dropped", FilterExcept("udp", Drop), "netlab_udp_drop", "meta l4proto udp drop"},
		{"reset", Filter("tcp", Reset, 1), "netlab_tcp_reject_with_tcp_reset", "tcp dport { 1 } reject with tcp reset"},
		{"dead", DeadAddresses(HostUnreachable), "netlab_dead", "fib daddr type != local reject with icmpx host-unreachable"},
		{"limit", LimitAnswers(100, 1), "netlab_limit", "tcp flags & rst == rst limit rate over 100/second burst 100 packets drop"},
		{"limit to none", LimitAnswers(0, 0), "netlab_limit", "icmp type destination-unreachable drop"},
		{"open", OpenEverything(9), "netlab_open", `iifname "wan" meta l4proto tcp tproxy to :9`},
	} {
		t.Run(c.name, func(t *testing.T) {
			lines := strings.Split(c.rules, "\n")
			if lines[0] != "add table inet "+c.table || lines[1] != "delete table inet "+c.table {
				t.Errorf("does not replace table %s:\n%s", c.table, c.rules)
			}
			if !strings.Contains(c.rules, "\t\t"+c.want+"\n") {
				t.Errorf("no rule %q in:\n%s", c.want, c.rules)
			}
		})
	}
	if rules := Filter("tcp", Drop); strings.Contains(rules, "\t\ttcp") {
		t.Errorf("no ports, yet a rule:\n%s", rules)
	}
}
