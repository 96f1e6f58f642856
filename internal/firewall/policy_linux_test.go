package firewall

import (
	"errors"
	"strings"
	"testing"
)

// usualPolicies are what is there before anybody makes rules of policy routing.
const usualPolicies = "rule flush\nrule add from all lookup main pref 32766\nrule add from all lookup default pref 32767\n"

func (l *lab) policies(rules string) error {
	four, six := "", ""
	for line := range strings.Lines(rules) {
		if rest, ok := strings.CutPrefix(line, "-6 "); ok {
			six += rest
		} else {
			four += line
		}
	}
	return errors.Join(l.enter(l.target), l.run(usualPolicies+four, "ip", "-batch", "-"), l.run(usualPolicies+six, "ip", "-6", "-batch", "-"))
}

// TestPolicyRouting makes rules of policy routing, which decide over answers, over
// what is forwarded and over what fib finds, and really connects.
func TestPolicyRouting(t *testing.T) {
	const tables = "route replace 198.18.9.0/24 via 198.18.1.2 table 100\nroute replace unreachable default table 101\nroute replace 198.18.0.0/16 dev tb table 102\n"
	const mark = "chain pre {\ntype filter hook prerouting priority -150\ntcp dport 80 meta mark set 5\n}\n"
	const nat = "chain nat {\ntype nat hook prerouting priority -100\ntcp dport 8080 dnat ip to 198.18.3.2:80\n}\n"
	const rpf = "chain raw {\ntype filter hook prerouting priority -300\nfib saddr . iif oif missing drop\n}\n"
	inLab(t, func(l *lab) {
		for _, test := range []struct{ name, policies, rules, setting string }{
			{"no way back from one address", tables + "rule add from 198.18.1.1 lookup 101 pref 100", "", ""},
			{"no way back to one source", tables + "rule add to 198.18.9.0/24 unreachable pref 100", "", ""},
			{"another way back", tables + "rule add from 198.18.2.1 lookup 100 pref 100", "", ""},
			{"only with a mark", tables + "rule add fwmark 5 unreachable pref 100", mark + nat, ""},
			{"a mark decides what is forwarded", tables + "rule add fwmark 5 blackhole pref 100", strings.ReplaceAll(mark, "80 ", "8080 ") + nat, ""},
			{"not for a mark", tables + "rule add not fwmark 5 lookup 101 pref 100", mark, ""},
			{"not to some", tables + "rule add not to 198.18.9.0/24 lookup 101 pref 100", "", ""},
			{"suppressed", tables + "rule add lookup main suppress_prefixlength 23 pref 100\nrule add lookup 101 pref 101", "", ""},
			{"suppressed longer ones", tables + "rule add lookup main suppress_prefixlength 24 pref 100\nrule add lookup 101 pref 101", "", ""},
			{"goto", tables + "rule add goto 300 from 198.18.1.1 pref 100\nrule add lookup 101 pref 200\nrule add lookup main pref 300", "", ""},
			{"by the interface", tables + "rule add iif ta lookup 101 pref 100", nat, ""},
			{"of its own", tables + "rule add iif lo lookup 101 pref 100", nat, ""},
			{"by the protocol", tables + "rule add ipproto tcp lookup 101 pref 100", "", ""},
			{"by the port", tables + "rule add sport 80 lookup 101 pref 100", "", ""},
			{"a mark beside its mask", tables + "rule add not fwmark 1/2 lookup 101 pref 100", "", ""},
			{"refusals go another way", "-6 rule add ipproto tcp unreachable pref 100\n-6 rule add not iif lo ipproto udp unreachable pref 101", "chain in {\ntype filter hook input priority -5\nmeta l4proto tcp tcp dport 80 reject\nudp dport 53 reject\n}\n", ""},
			{"the type of an address", "-6 rule add not from 2001:db8:9::9 blackhole pref 101", "chain in {\ntype filter hook input priority -5\nfib saddr type unicast drop\n}\n", ""},
			{"throw", tables + "route replace throw 198.18.9.0/24 table 103\nroute replace unreachable 198.18.8.0/21 table 103\nrule add lookup 103 pref 100", "", ""},
			{"fib", tables + "rule add to 198.18.9.0/24 lookup 102 pref 100", rpf, ""},
			{"fib from", tables + "rule add from 198.18.2.1 lookup 102 pref 100", rpf, ""},
			{"strict", tables + "rule add to 198.18.9.0/24 lookup 102 pref 100", "", "net/ipv4/conf/all/rp_filter"},
			{"IPv6", "-6 rule add to 2001:db8:9::/64 unreachable pref 100\n-6 rule add from 2001:db8:2::1 unreachable pref 101", "", ""},
			{"the local table late", "rule add lookup local pref 200\nrule add from 198.18.9.9 lookup 100 pref 100\nrule del pref 0", "", ""},
		} {
			if err := errors.Join(l.clear(), l.policies(test.policies+"\n")); err != nil {
				t.Logf("%s: %v", test.name, err)
				continue
			}
			if test.setting != "" {
				if err := l.run("1", "tee", "/proc/sys/"+test.setting); err != nil {
					t.Error(err)
				}
			}
			// Without rules nothing is evaluated.
			if err := l.load(script{"nft", "table inet t {\n" + test.rules + "chain input {\ntype filter hook input priority 0\ntcp dport 1 drop\n}\n}\n"}); err != nil {
				t.Error(err)
				return
			}
			t.Log(test.name)
			l.checkReal(t, nil)
			if test.setting != "" {
				if err := l.run("0", "tee", "/proc/sys/"+test.setting); err != nil {
					t.Error(err)
				}
			}
		}
	})
}
