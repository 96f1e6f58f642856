package firewall

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// iptablesMaker writes rules for iptables-restore of one family.
type iptablesMaker struct {
	r    *rand.Rand
	six  bool
	out  strings.Builder
	subs []string
	sets []string // "name src,dst"
}

func (m *iptablesMaker) chance(n int) bool { return m.r.IntN(n) == 0 }

func (m *iptablesMaker) line(format string, args ...any) { fmt.Fprintf(&m.out, format+"\n", args...) }

func newIptables(r *rand.Rand, six bool) *iptablesMaker { return &iptablesMaker{r: r, six: six} }

func (m *iptablesMaker) ruleset() string {
	if m.chance(3) {
		m.line("*raw\n:PREROUTING ACCEPT\n:OUTPUT ACCEPT")
		for range 1 + m.r.IntN(2) {
			// Answers that are not tracked cannot be translated back.
			m.line("-A PREROUTING -i %s -p udp %s -j %s", pick1(m.r, "ta", "tb"), m.ports(), pick1(m.r, "NOTRACK", "CT --notrack", "DROP", "MARK --set-mark 2"))
		}
		if m.chance(2) {
			m.line("-A PREROUTING -i ta %s -j %s", m.conditions("raw"), pick1(m.r, "DROP", "MARK --set-mark 1", "NOTRACK"))
		}
		m.line("COMMIT")
	}
	if m.chance(3) {
		m.line("*mangle\n:PREROUTING ACCEPT\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n:POSTROUTING ACCEPT")
		for range 1 + m.r.IntN(3) {
			m.line("-A PREROUTING %s -j %s", m.conditions("mangle"), pick1(m.r, "MARK --set-mark 1", "MARK --or-mark 2", "MARK --set-xmark 0x1/0x3", "CONNMARK --set-mark 1", "CONNMARK --save-mark", "CONNMARK --restore-mark", "TTL"))
		}
		m.line("COMMIT")
	}
	if m.chance(2) {
		m.line("*nat\n:PREROUTING ACCEPT\n:INPUT ACCEPT\n:OUTPUT ACCEPT\n:POSTROUTING ACCEPT\n:LED -")
		if m.chance(2) {
			m.line("-A PREROUTING -m addrtype --dst-type LOCAL -j LED")
		}
		for range 1 + m.r.IntN(3) {
			m.line("-A %s -p %s %s -j %s", pick1(m.r, "PREROUTING", "LED"), pick1(m.r, "tcp", "udp"), m.conditions("nat"), m.led())
		}
		m.line("COMMIT")
	}
	m.line("*filter\n:INPUT %s\n:FORWARD %s\n:OUTPUT ACCEPT", pick1(m.r, "ACCEPT", "DROP"), pick1(m.r, "ACCEPT", "DROP"))
	for i := range m.r.IntN(4) {
		m.line(":SUB%d -", i)
		m.subs = append(m.subs, fmt.Sprintf("SUB%d", i))
	}
	for i, name := range m.subs {
		for range 1 + m.r.IntN(3) {
			m.line("-A %s %s %s", name, m.conditions("filter"), m.target(m.subs[:i]))
		}
	}
	m.line("-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A FORWARD -m state --state RELATED,ESTABLISHED -j ACCEPT")
	m.line("-A INPUT -p tcp -m tcp ! --tcp-flags SYN,ACK SYN -j ACCEPT")
	m.line("-A FORWARD -p tcp -m tcp ! --tcp-flags SYN,ACK SYN -j ACCEPT")
	for range 2 + m.r.IntN(7) {
		m.line("-A INPUT %s %s", m.conditions("filter"), m.target(m.subs))
	}
	for range m.r.IntN(4) {
		m.line("-A FORWARD %s %s", m.conditions("filter"), m.target(m.subs))
	}
	m.line("COMMIT")
	return m.out.String()
}

func (m *iptablesMaker) led() string {
	if m.chance(3) {
		return fmt.Sprintf("REDIRECT --to-ports %d", m.port())
	}
	if m.six {
		return fmt.Sprintf("DNAT --to-destination [2001:db8:3::2]:%d", m.port())
	}
	return pick1(m.r, fmt.Sprintf("DNAT --to-destination 198.18.3.2:%d", m.port()), "DNAT --to-destination 198.18.3.2")
}

func (m *iptablesMaker) port() uint16 { return pick1(m.r, labPorts...) }

func (m *iptablesMaker) portRange() string {
	a, b := m.port(), m.port()
	return fmt.Sprintf("%d:%d", min(a, b), max(a, b)+1)
}

func (m *iptablesMaker) not() string { return pick1(m.r, "", "", "", "! ") }

func (m *iptablesMaker) prefix() string {
	if m.six {
		return pick1(m.r, "2001:db8:1::2", "2001:db8:9::9", "2001:db8:2::/64", "2001:db8:8::/45", "2001:db8::/32")
	}
	return pick1(m.r, "198.18.1.2", "198.18.9.9", "198.18.2.0/24", "198.18.0.0/16", "198.18.8.0/21", "198.18.0.2/255.255.0.255")
}

func (m *iptablesMaker) conditions(table string) string {
	var parts []string
	if m.chance(2) {
		parts = append(parts, m.not()+"-s "+m.prefix())
	}
	if m.chance(3) && table != "raw" {
		parts = append(parts, m.not()+"-i "+pick1(m.r, "ta", "tb", "t+", "tc"))
	}
	if m.chance(8) {
		parts = append(parts, m.not()+"-d "+map[bool]string{true: "2001:db8:1::1", false: "198.18.1.1"}[m.six])
	}
	switch {
	case table == "nat":
		parts = append(parts, "--dport "+pick1(m.r, fmt.Sprint(m.port()), m.portRange()))
	case m.chance(3):
		parts = append(parts, m.not()+"-p "+pick1(m.r, "tcp", "udp"))
	default:
		parts = append(parts, "-p "+pick1(m.r, "tcp", "udp"), m.ports())
	}
	if m.chance(3) || len(m.sets) > 0 && m.chance(3) {
		parts = append(parts, m.match(table))
	}
	return strings.Join(parts, " ")
}

func (m *iptablesMaker) ports() string {
	switch m.r.IntN(5) {
	case 0:
		return m.not() + "--dport " + m.portRange()
	case 1:
		return fmt.Sprintf("-m multiport %s--dports %d,%s,%d", m.not(), m.port(), m.portRange(), m.port())
	case 2:
		return fmt.Sprintf("-m multiport %s--ports %d,%s", m.not(), m.port(), m.portRange())
	case 3:
		return m.not() + "--sport " + pick1(m.r, "1024:65535", "53")
	default:
		return m.not() + "--dport " + fmt.Sprint(m.port())
	}
}

func (m *iptablesMaker) match(table string) string {
	pool := []string{
		"-m mark " + m.not() + "--mark " + pick1(m.r, "1", "0x2/0x2", "3"),
		"-m addrtype --dst-type LOCAL", "-m addrtype ! --dst-type LOCAL",
		"-m pkttype --pkt-type unicast", "-m limit --limit 10000/second --limit-burst 10000",
		`-m comment --comment "a b"`,
		"-m rpfilter", "-m rpfilter --invert",
	}
	if !m.six {
		pool = append(pool, "-m iprange "+m.not()+"--src-range 198.18.1.0-198.18.2.9", "-m addrtype --src-type UNICAST", "-m addrtype --dst-type LOCAL --limit-iface-in")
	}
	if table != "mangle" && table != "raw" && table != "nat" {
		pool = append(pool[:len(pool):len(pool)],
			"-m conntrack --ctstate "+pick1(m.r, "NEW", "INVALID", "NEW,UNTRACKED", "DNAT", "UNTRACKED"),
			"-m conntrack ! --ctstate "+pick1(m.r, "NEW", "DNAT", "NEW,DNAT"),
			"-m conntrack "+m.not()+"--ctorigdstport "+fmt.Sprint(m.port()),
			"-m conntrack --ctorigsrc "+m.prefixPlain(), "-m conntrack --ctdir ORIGINAL",
			"-m conntrack --ctstatus NONE",
			"-m connmark --mark 1", "-m state --state NEW",
			"-m conntrack --ctreplsrc "+m.prefixPlain(),
			"-m connlimit --connlimit-above 10000 --connlimit-mask 0", "-m hashlimit --hashlimit-upto 10000/sec --hashlimit-burst 10000 --hashlimit-mode srcip --hashlimit-name h"+fmt.Sprint(m.r.IntN(1<<20)))
		if table == "filter" { // rpfilter is for the way in
			pool = slicesWithout(pool, "rpfilter")
		}
	}
	if len(m.sets) > 0 && m.chance(2) {
		return "-m set " + m.not() + "--match-set " + pick1(m.r, m.sets...)
	}
	return pick1(m.r, pool...)
}

func (m *iptablesMaker) prefixPlain() string {
	if m.six {
		return "2001:db8:1::/64"
	}
	return pick1(m.r, "198.18.1.0/24", "198.18.3.2")
}

func slicesWithout(list []string, word string) (rest []string) {
	for _, s := range list {
		if !strings.Contains(s, word) {
			rest = append(rest, s)
		}
	}
	return rest
}

func (m *iptablesMaker) target(subs []string) string {
	pool := []string{"-j ACCEPT", "-j ACCEPT", "-j ACCEPT", "-j DROP", "-j DROP", "-j RETURN", "-j REJECT", "", "-j LOG --log-prefix x", "-j NFLOG"}
	for _, s := range subs {
		pool = append(pool, "-j "+s, "-g "+s, "-j "+s)
	}
	return pick1(m.r, pool...)
}
