package firewall

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
)

// generate makes a random rule set for one of the tools, sometimes with rules of
// policy routing.
func generate(r *rand.Rand) []script {
	list := generateRules(r)
	if r.IntN(6) == 0 {
		list = append(list, script{"policies", randomPolicies(r)})
	}
	return list
}

func generateRules(r *rand.Rand) []script {
	variant := pick1(r, "nft", "legacy")
	switch kind := r.IntN(10); {
	case kind > 3 || !hasIptables():
		return []script{{"nft", newNFT(r).ruleset()}}
	case kind == 3:
		return []script{
			{"iptables-nft-restore", newIptables(r, false).ruleset()},
			{"ip6tables-legacy-restore", newIptables(r, true).ruleset()},
		}
	case kind == 2:
		return append(iptablesBoth(r, variant), script{"nft", newNFT(r).ruleset()})
	default:
		return iptablesBoth(r, variant)
	}
}

// hasIptables reports whether both variants of iptables are installed; without them only
// nft makes rules.
func hasIptables() bool {
	for _, tool := range []string{"iptables-nft-restore", "ip6tables-nft-restore", "iptables-legacy-restore", "ip6tables-legacy-restore"} {
		if _, err := exec.LookPath(tool); err != nil {
			return false
		}
	}
	return true
}

// iptablesBoth makes a rule set for iptables and one for ip6tables.
func iptablesBoth(r *rand.Rand, variant string) []script {
	four, six := newIptables(r, false), newIptables(r, true)
	var list []script
	if _, err := exec.LookPath("ipset"); err == nil && r.IntN(2) == 0 {
		sets := newIPSets(r)
		four.sets, six.sets = sets.four, sets.six
		list = append(list, script{"ipset", sets.out.String()})
	}
	return append(list,
		script{"iptables-" + variant + "-restore", four.ruleset()},
		script{"ip6tables-" + variant + "-restore", six.ruleset()})
}

// pick takes one of some.
func pick1[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// nftMaker writes rules for nft.
type nftMaker struct {
	r      *rand.Rand
	out    strings.Builder
	chains []string // that may be jumped to
	family string
	hook   string
	sets   bool
}

func newNFT(r *rand.Rand) *nftMaker { return &nftMaker{r: r} }

func (m *nftMaker) chance(n int) bool { return m.r.IntN(n) == 0 }

func (m *nftMaker) line(format string, args ...any) { fmt.Fprintf(&m.out, format+"\n", args...) }

func (m *nftMaker) ruleset() string {
	for n := range 1 + m.r.IntN(2) {
		m.table(n)
	}
	return m.out.String()
}

func (m *nftMaker) table(n int) {
	m.family = pick1(m.r, "inet", "inet", "inet", "ip", "ip6")
	m.line("table %s t%d {", m.family, n)
	m.sets = m.chance(2)
	if m.sets {
		m.namedSets()
	}
	m.chains = nil
	for i := range m.r.IntN(4) {
		m.hook = ""
		name := fmt.Sprintf("sub%d", i)
		m.chain(name, "", 1+m.r.IntN(4))
		m.chains = append(m.chains, name) // later chains jump to earlier ones
	}
	if m.chance(4) {
		m.hook = "ingress"
		if m.family == "inet" {
			m.chain("ing", fmt.Sprintf(`type filter hook ingress device "%s" priority %d`, pick1(m.r, "ta", "tb"), pick1(m.r, -10, 0)), 1+m.r.IntN(3))
		}
	}
	if m.chance(2) {
		m.hook = "prerouting"
		m.chain("pre", fmt.Sprintf("type filter hook prerouting priority %d", pick1(m.r, -300, -150, -10, 0)), 1+m.r.IntN(4))
	}
	if m.chance(2) {
		m.hook = "nat"
		m.chain("nat", fmt.Sprintf("type nat hook prerouting priority %d", pick1(m.r, -100, -110, 5)), 1+m.r.IntN(3))
	}
	m.hook = "input"
	m.chain("input", fmt.Sprintf("type filter hook input priority %d", pick1(m.r, 0, 0, -5, 10, 110)), 2+m.r.IntN(8))
	if m.chance(3) {
		m.chain("input2", fmt.Sprintf("type filter hook input priority %d", pick1(m.r, 1, 20)), 1+m.r.IntN(4))
	}
	if m.chance(2) {
		m.hook = "forward"
		m.chain("fwd", fmt.Sprintf("type filter hook forward priority %d", pick1(m.r, 0, -5)), 1+m.r.IntN(5))
	}
	if m.chance(4) {
		m.hook = "output"
		m.chain("out", fmt.Sprintf("type filter hook %s", pick1(m.r, "output priority 0", "output priority -300", "postrouting priority 0")), 1+m.r.IntN(4))
	}
	m.line("}")
}

func (m *nftMaker) namedSets() {
	if m.family != "ip6" {
		m.line("set addrs { type ipv4_addr\nflags interval\nelements = { %s }\n}", m.list(m.prefix4, 3))
		m.line("map marks { type ipv4_addr : mark\nelements = { 198.18.1.2 : 1, 198.18.9.9 : 2, 198.18.2.2 : 3 }\n}")
		m.line("set pairs { type ipv4_addr . inet_service\nelements = { 198.18.1.2 . %d, 198.18.2.2 . %d, 198.18.9.9 . %d }\n}", m.port(), m.port(), m.port())
		m.line("set ranges { type ipv4_addr . inet_service\nflags interval\nelements = { 198.18.1.0/24 . %d, 198.18.2.0-198.18.9.255 . %s }\n}", m.port(), m.portRange())
	}
	if m.family != "ip" {
		m.line("set addrs6 { type ipv6_addr\nflags interval\nelements = { %s }\n}", m.list(m.prefix6, 3))
	}
	m.line("set ports { type inet_service\nflags interval\nelements = { %s }\n}", m.list(m.portOrRange, 4))
	m.line("set names { type ifname\nelements = { \"ta\", \"tc\" }\n}")
}

func (m *nftMaker) chain(name, hook string, rules int) {
	m.line("chain %s {", name)
	if hook != "" {
		policy := pick1(m.r, "accept", "accept", "drop")
		if m.hook == "nat" || m.hook == "prerouting" || m.hook == "ingress" {
			policy = pick1(m.r, "accept", "accept", "accept", "accept", "drop")
		}
		m.line("%s\npolicy %s", hook, policy)
		if m.hook != "nat" {
			m.passAnswers()
		}
	}
	for range rules {
		m.line("%s", m.rule())
	}
	m.line("}")
}

// passAnswers lets everything pass that is not about a new connection.
func (m *nftMaker) passAnswers() {
	switch m.hook {
	case "ingress":
		m.line("tcp flags & (syn|ack) != syn accept")
	case "prerouting":
		m.line("tcp flags & (syn|ack) != syn accept")
		m.line("meta l4proto { icmp, icmpv6 } accept")
	case "output":
		m.line("meta l4proto ipv6-icmp accept\nmeta l4proto icmp accept")
		m.line("%s", pick1(m.r, "ct state established accept", "tcp flags & (syn | ack) != syn | ack accept", "ip daddr 198.18.9.0/24 tcp flags rst drop"))
		m.line("tcp flags rst accept")
	default:
		m.line("ct state established,related accept")
	}
}

func (m *nftMaker) rule() string {
	var parts []string
	for range 1 + m.r.IntN(3) {
		parts = append(parts, m.condition())
	}
	if m.chance(8) {
		parts = append(parts, pick1(m.r, "counter", "log", `log prefix "x "`))
	}
	return strings.Join(append(parts, m.statement(parts)), " ")
}

func (m *nftMaker) port() uint16 { return pick1(m.r, labPorts...) }

func (m *nftMaker) portRange() string {
	a, b := m.port(), m.port()
	return fmt.Sprintf("%d-%d", min(a, b), max(a, b)+1)
}

func (m *nftMaker) portOrRange() string {
	if m.chance(4) {
		return m.portRange()
	}
	return fmt.Sprint(m.port())
}

func (m *nftMaker) prefix4() string {
	return pick1(m.r, "198.18.1.2", "198.18.9.9", "198.18.2.2", "198.18.1.0/24", "198.18.2.0/24", "198.18.9.0/25", "198.18.0.0/16", "198.18.8.0/21", "0.0.0.0/1")
}

func (m *nftMaker) prefix6() string {
	return pick1(m.r, "2001:db8:1::2", "2001:db8:9::9", "2001:db8:2::2", "2001:db8:1::/64", "2001:db8:8::/45", "2001:db8::/32", "::/1", "2001:db8:0::/46")
}

func (m *nftMaker) list(one func() string, most int) string {
	seen := map[string]bool{}
	var list []string
	for range 1 + m.r.IntN(most) {
		if s := one(); !seen[s] {
			seen[s] = true
			list = append(list, s)
		}
		if strings.ContainsAny(list[len(list)-1], "-/") {
			break // ranges must not meet others
		}
	}
	return strings.Join(list, ", ")
}

func (m *nftMaker) not() string { return pick1(m.r, "", "", "", "!= ") }

func (m *nftMaker) condition() string {
	common := []func() string{
		func() string { return fmt.Sprintf("tcp dport %s%d", m.not(), m.port()) },
		func() string { return fmt.Sprintf("udp dport %s%d", m.not(), m.port()) },
		func() string { return fmt.Sprintf("tcp dport %s{ %s }", m.not(), m.list(m.portOrRange, 4)) },
		func() string { return fmt.Sprintf("th dport %s%s", m.not(), m.portRange()) },
		func() string { return fmt.Sprintf("udp dport %s%d", pick1(m.r, ">= ", "< ", "> ", "<= "), m.port()) },
		func() string {
			return fmt.Sprintf("tcp dport & 0x%x == %d", pick1(m.r, 1, 0xff00, 7), pick1(m.r, 0, 1, 2))
		},
		func() string { return fmt.Sprintf("th dport %s@ports", m.not()) },
		func() string {
			return fmt.Sprintf("meta l4proto %s", pick1(m.r, "tcp", "udp", "{ tcp, udp }", "!= tcp"))
		},
		func() string { return fmt.Sprintf("iifname %s\"%s\"", m.not(), pick1(m.r, "ta", "tb", "t*", "tc")) },
		func() string { return fmt.Sprintf("iif %s\"%s\"", m.not(), pick1(m.r, "ta", "tb")) },
		func() string { return fmt.Sprintf("iifname %s@names", m.not()) },
		func() string { return "iifname { \"ta\", \"lo\" }" },
		func() string { return fmt.Sprintf("meta mark %s%d", m.not(), m.r.IntN(4)) },
		func() string { return fmt.Sprintf("meta mark & 0x2 == %d", pick1(m.r, 0, 2)) },
		func() string { return fmt.Sprintf("meta mark %d-%d", m.r.IntN(2), 1+m.r.IntN(3)) },
		func() string { return fmt.Sprintf("meta nfproto %s", pick1(m.r, "ipv4", "ipv6")) },
		func() string { return fmt.Sprintf("meta protocol %s", pick1(m.r, "ip", "ip6")) },
		func() string { return "limit rate 100000/second burst 100000 packets" },
		func() string { return "limit rate over 100000/second burst 100000 packets" },
		func() string { return "fib daddr type local" },
		func() string { return "fib daddr . iif type local" },
		func() string { return "fib daddr type != local" },
		func() string { return "fib saddr type unicast" },
		func() string { return "meta pkttype host" },
		func() string { return "tcp flags syn" },
		func() string { return "tcp flags & (fin|syn|rst|ack) == syn" },
		func() string {
			return fmt.Sprintf("th sport %s", pick1(m.r, "!= 53", "1024-65535", "< 1024", "{ 53, 67 }"))
		},
		func() string { return "meta length > 1" },
		func() string { return "iiftype ether" },
		func() string { return "meta skuid 0" },
		func() string { return "oifname \"tc\"" },
		func() string { return "oifname != \"tc\"" },
	}
	if !m.sets {
		common = append(common[:6], common[7:]...)
	}
	four := []func() string{
		func() string { return fmt.Sprintf("ip saddr %s%s", m.not(), m.prefix4()) },
		func() string { return fmt.Sprintf("ip saddr %s{ %s }", m.not(), m.list(m.prefix4, 3)) },
		func() string {
			return fmt.Sprintf("ip daddr %s%s", m.not(), pick1(m.r, "198.18.1.1", "198.18.2.1", "198.18.3.2", "198.18.0.0/15"))
		},
		func() string { return fmt.Sprintf("ip saddr %s198.18.1.0-198.18.2.2", m.not()) },
		func() string { return fmt.Sprintf("ip saddr %s 198.18.2.0", pick1(m.r, "<", ">=", ">")) },
		func() string { return "ip protocol tcp" },
		func() string { return fmt.Sprintf("ip saddr & 0.0.0.3 == 0.0.0.%d", 1+m.r.IntN(2)) },
		func() string { return fmt.Sprintf("ip saddr & 255.255.0.255 == 198.18.0.%d", pick1(m.r, 2, 9)) },
		func() string {
			return fmt.Sprintf("ip saddr . tcp dport { 198.18.1.2 . %d, 198.18.2.2 . %d }", m.port(), m.port())
		},
		func() string {
			return "ip saddr . ip daddr { 198.18.1.2 . 198.18.1.1, 198.18.9.9 . 198.18.2.1 }"
		},
		func() string {
			return "ip saddr . ip daddr != { 198.18.1.2 . 198.18.1.1, 198.18.9.9 . 198.18.2.1 }"
		},
		func() string { return "iifname . ip saddr { \"ta\" . 198.18.1.2, \"tb\" . 198.18.2.2 }" },
		func() string { return "fib saddr . iif oif exists" },
		func() string { return "fib saddr oif \"tb\"" },
		func() string { return "ip ttl > 0" },
		func() string { return "ip frag-off & 0x1fff == 0" },
	}
	if m.sets {
		four = append(four,
			func() string { return fmt.Sprintf("ip saddr %s@addrs", m.not()) },
			func() string { return fmt.Sprintf("ip saddr . th dport %s@pairs", m.not()) },
			func() string { return fmt.Sprintf("ip saddr . tcp dport %s@ranges", m.not()) })
	}
	six := []func() string{
		func() string { return fmt.Sprintf("ip6 saddr %s%s", m.not(), m.prefix6()) },
		func() string { return fmt.Sprintf("ip6 saddr %s{ %s }", m.not(), m.list(m.prefix6, 3)) },
		func() string {
			return fmt.Sprintf("ip6 daddr %s%s", m.not(), pick1(m.r, "2001:db8:1::1", "2001:db8:2::1", "2001:db8::/32"))
		},
		func() string { return "ip6 nexthdr tcp" },
		func() string {
			return fmt.Sprintf("ip6 saddr . tcp dport { 2001:db8:1::2 . %d, 2001:db8:2::2 . %d }", m.port(), m.port())
		},
	}
	if m.sets {
		six = append(six, func() string { return fmt.Sprintf("ip6 saddr %s@addrs6", m.not()) })
	}
	if m.hook != "ingress" {
		common = append(common,
			func() string {
				return fmt.Sprintf("ct state %s", pick1(m.r, "new", "established", "invalid", "new,untracked", "!= new"))
			},
			func() string { return fmt.Sprintf("ct mark %d", m.r.IntN(3)) },
			func() string { return fmt.Sprintf("ct status %s", pick1(m.r, "dnat", "snat", "assured")) },
			func() string { return fmt.Sprintf("ct direction %s", pick1(m.r, "original", "reply")) },
			func() string { return fmt.Sprintf("tcp dport != 1 ct original proto-dst %d", m.port()) },
		)
	} else {
		common = common[:len(common)-3] // sockets and routes are not known
	}
	pool := common
	switch {
	case m.family == "ip":
		pool = append(pool, four...)
	case m.family == "ip6":
		pool = append(pool, six...)
	default:
		pool = append(append(pool, four...), six...)
	}
	return pool[m.r.IntN(len(pool))]()
}

func (m *nftMaker) statement(conditions []string) string {
	text := strings.Join(conditions, " ")
	isTCP := strings.Contains(text, "tcp dport") && !strings.Contains(text, "udp") || strings.Contains(text, "tcp flags")
	if m.hook == "nat" && !m.chance(3) {
		return m.dnat(text)
	}
	pool := []string{"accept", "accept", "accept", "drop", "drop", "return", "continue", "meta mark set 1", "meta mark set meta mark or 2"}
	if m.hook == "input" || m.hook == "forward" {
		pool = append(pool, "reject", "reject")
		if isTCP {
			pool = append(pool, "reject with tcp reset")
		}
	}
	if m.hook != "ingress" {
		pool = append(pool, "ct mark set 1", "ct mark set meta mark")
	}
	for _, c := range m.chains {
		pool = append(pool, "jump "+c, "goto "+c)
	}
	if len(m.chains) > 0 && m.chance(3) {
		c := m.chains[m.r.IntN(len(m.chains))]
		if strings.Contains(text, "udp") {
			return fmt.Sprintf("udp dport vmap { %d : accept, %s : jump %s }", labPorts[0], "80-100", c)
		}
		return pick1(m.r,
			fmt.Sprintf("tcp dport vmap { %d : drop, 81-9000 : goto %s }", m.port()%81, c),
			fmt.Sprintf("iifname vmap { \"ta\" : jump %s, \"tb\" : return }", c),
			fmt.Sprintf("numgen random mod 2 vmap { 0 : jump %s, 1 : jump %s }", c, c))
	}
	if m.chance(8) && m.family == "ip" && m.sets {
		return "meta mark set ip saddr map @marks"
	}
	return pool[m.r.IntN(len(pool))]
}

// dnat leads elsewhere: to another port, or into the container.
func (m *nftMaker) dnat(text string) string {
	proto := ""
	if !strings.Contains(text, "tcp dport") && !strings.Contains(text, "udp dport") {
		proto = pick1(m.r, "meta l4proto tcp ", "meta l4proto udp ", "meta l4proto { tcp, udp } ")
	}
	four, six := "198.18.3.2", "[2001:db8:3::2]"
	isFour, isSix := strings.Contains(text, "ip saddr") || strings.Contains(text, "ip daddr"), strings.Contains(text, "ip6")
	switch {
	case m.chance(3):
		return proto + fmt.Sprintf("redirect to :%d", m.port())
	case m.family == "ip6" || isSix && !isFour:
		return proto + fmt.Sprintf("dnat %sto %s:%d", map[bool]string{true: "ip6 ", false: ""}[m.family == "inet"], six, m.port())
	default:
		return proto + fmt.Sprintf("dnat %sto %s:%d", map[bool]string{true: "ip ", false: ""}[m.family == "inet"], four, m.port())
	}
}
