package firewall

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// policyTables are routes that rules of policy routing may look up.
const policyTables = `route replace 198.18.1.0/24 dev ta table 100
route replace 198.18.9.0/24 via 198.18.1.2 table 100
route replace 198.18.3.0/24 dev tc table 100
route replace unreachable default table 101
route replace throw 198.18.9.0/24 table 102
route replace blackhole 198.18.8.0/21 table 102
route replace 198.18.2.0/24 dev tb table 102
-6 route replace 2001:db8:1::/64 dev ta table 100
-6 route replace unreachable default table 101
`

// randomPolicies makes rules of policy routing for ip.
func randomPolicies(r *rand.Rand) string {
	var out strings.Builder
	out.WriteString(policyTables)
	for n := range 1 + r.IntN(3) {
		rule := "rule add pref " + fmt.Sprint(100+n)
		from, to := pick1(r, "198.18.1.1", "198.18.2.0/24", "198.18.9.9", "198.18.3.2"), pick1(r, "198.18.9.0/24", "198.18.1.2", "198.18.3.2", "198.18.2.0/24")
		if r.IntN(3) == 0 {
			rule = "-6 " + rule
			from, to = pick1(r, "2001:db8:1::1", "2001:db8:2::/64", "2001:db8:9::9"), pick1(r, "2001:db8:9::/64", "2001:db8:1::2", "2001:db8:3::2")
		}
		rule += pick1(r, "", "", " not")
		for range 1 + r.IntN(2) {
			rule += pick1(r, " from "+from, " to "+to, " iif "+pick1(r, "lo", "ta", "tc"), " fwmark "+pick1(r, "1", "0x2/0x2"), " ipproto "+pick1(r, "tcp", "udp"))
		}
		rule += pick1(r, " lookup 100", " lookup 101", " lookup 102", " lookup main", " lookup main suppress_prefixlength 24", " unreachable", " blackhole", " goto 32766")
		out.WriteString(rule + "\n")
	}
	return out.String()
}
