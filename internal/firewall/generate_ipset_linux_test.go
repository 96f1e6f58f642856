package firewall

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// ipsetMaker writes sets for ipset, and how matches may refer to them.
type ipsetMaker struct {
	r         *rand.Rand
	out       strings.Builder
	four, six []string // "name src,dst"
}

func newIPSets(r *rand.Rand) *ipsetMaker {
	m := &ipsetMaker{r: r}
	for n := range 2 + r.IntN(3) {
		m.set(fmt.Sprintf("s%d", n), false)
		m.set(fmt.Sprintf("x%d", n), true)
	}
	if len(m.four) > 1 && r.IntN(2) == 0 {
		fmt.Fprintf(&m.out, "create l list:set\nadd l s0\nadd l s1\n")
		m.four = append(m.four, "l "+m.directions(3))
	}
	return m
}

// set makes one set of some type.
func (m *ipsetMaker) set(name string, six bool) {
	kind := pick1(m.r, "hash:ip", "hash:net", "hash:net", "hash:ip,port", "hash:net,port", "hash:net,iface", "hash:ip,port,ip", "hash:ip,port,net", "hash:net,net", "hash:net,port,net", "bitmap:port", "bitmap:ip")
	options, words := "", strings.Split(kind[strings.Index(kind, ":")+1:], ",")
	switch {
	case kind == "bitmap:port":
		options = " range 0-65535"
	case kind == "bitmap:ip" && six:
		return
	case kind == "bitmap:ip":
		options = " range 198.18.0.0/16" + pick1(m.r, "", " netmask 24")
	case six:
		options = " family inet6"
	case kind == "hash:ip":
		options = pick1(m.r, "", "", " netmask 24")
	}
	fmt.Fprintf(&m.out, "create %s %s%s\n", name, kind, options)
	for range 1 + m.r.IntN(5) {
		var fields []string
		for _, word := range words {
			fields = append(fields, m.field(word, kind, six))
		}
		flag := ""
		if strings.Contains(kind, "net") {
			flag = pick1(m.r, "", "", " nomatch")
		}
		fmt.Fprintf(&m.out, "add %s %s%s\n", name, strings.Join(fields, ","), flag)
	}
	if use := name + " " + m.directions(len(words)); six {
		m.six = append(m.six, use)
	} else {
		m.four = append(m.four, use)
	}
}

func (m *ipsetMaker) directions(n int) string {
	var list []string
	for range n {
		list = append(list, pick1(m.r, "src", "src", "dst"))
	}
	return strings.Join(list, ",")
}

// field writes a part of an entry.
func (m *ipsetMaker) field(word, kind string, six bool) string {
	ports := iptablesMaker{r: m.r}
	switch word {
	case "port":
		first := ports.port()
		text := fmt.Sprintf("%d-%d", first, first+3)
		switch {
		case kind == "bitmap:port":
			return pick1(m.r, text, strings.ReplaceAll(ports.portRange(), ":", "-"))
		case m.r.IntN(4) > 0:
			text = fmt.Sprint(first)
		}
		return pick1(m.r, "tcp", "udp") + ":" + text
	case "iface":
		return pick1(m.r, "ta", "tb", "tc")
	case "net":
		if six {
			return pick1(m.r, "2001:db8:1::2", "2001:db8:9::9", "2001:db8:2::/64", "2001:db8:8::/45", "2001:db8::/32", "2001:db8:1::/64")
		}
		return pick1(m.r, "198.18.1.2", "198.18.9.9", "198.18.2.0/24", "198.18.0.0/16", "198.18.8.0/21", "198.18.1.0/24", "198.18.2.1")
	}
	if six {
		return pick1(m.r, "2001:db8:1::2", "2001:db8:9::9", "2001:db8:2::2", "2001:db8:1::1", "2001:db8:2::1")
	}
	return pick1(m.r, "198.18.1.2", "198.18.9.9", "198.18.2.2", "198.18.1.1", "198.18.2.1")
}
