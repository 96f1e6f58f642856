package ruleset

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"porthole/internal/netlink"
)

// ofIptables reports whether a rule has matches or targets of iptables.
func (r *Rule) ofIptables() bool {
	if r.Chain.Table.Legacy {
		return true
	}
	for _, e := range r.Exprs {
		switch e.(type) {
		case *Match, *Target:
			return true
		}
	}
	return false
}

// iptablesText prints a rule as iptables-save does, without "-A" and the chain.
func (r *Rule) iptablesText() string {
	p := iptablesPrinter{printer: printer{rule: r, family: r.Chain.Table.Family}, v6: r.v6()}
	for _, e := range r.Exprs {
		p.printOne(e)
	}
	return strings.Join(p.words, " ")
}

// iptablesPrinter puts expressions into the options of iptables.
type iptablesPrinter struct {
	printer
	v6 bool
}

func (p *iptablesPrinter) printOne(e Expr) {
	switch e := e.(type) {
	case *Cmp:
		p.printHeader(e)
	case *Meta, *Payload, *Bitwise:
		p.print(e)
	case *Match:
		p.printMatch(e)
	case *Target:
		p.printTarget(e)
	case *Immediate:
		if e.Verdict == nil {
			p.print(e)
			return
		}
		switch e.Verdict.Code {
		case VerdictGoto:
			p.add("-g %s", e.Verdict.Chain)
		case VerdictJump:
			p.add("-j %s", e.Verdict.Chain)
		default:
			p.add("-j %s", strings.ToUpper(e.Verdict.String()))
		}
	case *Note: // counters
	default:
		p.print(e)
	}
}

// printHeader prints what is asked of the headers: -s, -d, -i, -o, -p.
func (p *iptablesPrinter) printHeader(e *Cmp) {
	t := p.at(e.Source)
	not := ""
	if e.Op == CmpNotEqual {
		not = "! "
	}
	options := map[string]string{"ip saddr": "-s", "ip6 saddr": "-s", "ip daddr": "-d", "ip6 daddr": "-d", "iifname": "-i", "oifname": "-o", "meta l4proto": "-p", "ip protocol": "-p"}
	option := options[t.text]
	if option == "" {
		p.printCmp(e)
		return
	}
	value := t.form.show(e.Data)
	switch {
	case t.form == formName:
		value = strings.ReplaceAll(strings.Trim(value, `"`), "*", "+")
	case t.form.isAddress():
		value = addressText(e.Data, t.mask, p.v6)
	case t.text == "meta l4proto" && e.Op == CmpEqual && len(e.Data) == 1:
		p.l4 = e.Data[0]
	}
	p.add("%s%s %s", not, option, value)
}

func addressText(b, mask []byte, v6 bool) string {
	size := 4
	if v6 {
		size = 16
	}
	text := strings.Split(showAddress(b, v6), "/")[0]
	bits, ok := len(b)*8, true
	if mask != nil {
		bits, ok = prefixBits(mask)
	}
	if !ok {
		m, _ := netip.AddrFromSlice(mask)
		return text + "/" + m.String()
	}
	return fmt.Sprintf("%s/%d", text, min(bits, size*8))
}

func notBefore(not bool) string {
	if not {
		return "! "
	}
	return ""
}

// printMatch prints the matches that are common. Others have their name only.
func (p *iptablesPrinter) printMatch(m *Match) {
	i := xtInfo(m.Info)
	p.add("-m %s", m.Name)
	switch m.Name {
	case "comment":
		p.add("--comment %q", netlink.Text(m.Info))
	case "tcp", "udp":
		inv := i.u8(8)
		if m.Name == "tcp" {
			inv = i.u8(11)
		}
		p.ports("--sport", i.u16(0), i.u16(2), inv&1 != 0)
		p.ports("--dport", i.u16(4), i.u16(6), inv&2 != 0)
		if mask := i.u8(9); m.Name == "tcp" && mask != 0 {
			flags := func(b byte) string { return strings.ToUpper(formTCPFlags.show([]byte{b})) }
			p.add("%s--tcp-flags %s %s", notBefore(inv&4 != 0), flags(mask), flags(i.u8(10)))
		}
	case "multiport":
		p.multiport(m.Rev, i)
	case "conntrack":
		if c, ok := readConntrack(m.Rev, i); ok && c.flags&1 != 0 {
			p.add("%s--ctstate %s", notBefore(c.inverted&1 != 0), xtStates(uint32(c.state)))
		}
	case "state":
		p.add("--state %s", strings.ToUpper(formState.show(word(i.u32(0)))))
	case "mark", "connmark":
		p.add("%s--mark %s", notBefore(i.u8(8) != 0), markText(i.u32(0), i.u32(4)))
	case "addrtype":
		p.addrType(m.Rev, i)
	case "set":
		p.add("%s", p.rule.ipSetText(m.Rev, i))
	case "limit":
		p.add("--limit %s", limitOf(i.u32(0)))
	}
}

func (p *iptablesPrinter) ports(option string, first, last uint16, not bool) {
	switch {
	case first == 0 && last == 0xffff && !not:
	case first == last:
		p.add("%s%s %d", notBefore(not), option, first)
	default:
		p.add("%s%s %d:%d", notBefore(not), option, first, last)
	}
}

func (p *iptablesPrinter) multiport(rev uint32, i xtInfo) {
	options := [...]string{"--sports", "--dports", "--ports"}
	var list []string
	for n := 0; n < min(int(i.u8(1)), 15); n++ {
		text := strconv.Itoa(int(i.u16(2 + 2*n)))
		if rev == 1 && i.u8(32+n) != 0 {
			n++
			text += ":" + strconv.Itoa(int(i.u16(2+2*n)))
		}
		list = append(list, text)
	}
	p.add("%s%s %s", notBefore(rev == 1 && i.u8(47) != 0), options[min(i.u8(0), 2)], strings.Join(list, ","))
}

// xtStates is in the order of iptables-save.
func xtStates(bits uint32) string {
	var list []string
	for _, state := range []struct {
		bit  uint32
		name string
	}{{1, "INVALID"}, {8, "NEW"}, {4, "RELATED"}, {2, "ESTABLISHED"}, {xtStateUntracked, "UNTRACKED"}, {xtStateSNAT, "SNAT"}, {xtStateDNAT, "DNAT"}} {
		if bits&state.bit != 0 {
			list = append(list, state.name)
		}
	}
	return strings.Join(list, ",")
}

func markText(mark, mask uint32) string {
	if mask == 1<<32-1 {
		return fmt.Sprintf("0x%x", mark)
	}
	return fmt.Sprintf("0x%x/0x%x", mark, mask)
}

func (p *iptablesPrinter) addrType(rev uint32, i xtInfo) {
	flags := i.u32(4)
	if rev == 0 {
		flags = 0
	}
	names := [...]string{"UNSPEC", "UNICAST", "LOCAL", "BROADCAST", "ANYCAST", "MULTICAST", "BLACKHOLE", "UNREACHABLE", "PROHIBIT"}
	if types := i.u16(0); types != 0 {
		p.add("%s--src-type %s", notBefore(flags&1 != 0), showFlags(uint64(types), names[:]...))
	}
	if types := i.u16(2); types != 0 {
		p.add("%s--dst-type %s", notBefore(flags&2 != 0), showFlags(uint64(types), names[:]...))
	}
	if flags&4 != 0 {
		p.add("--limit-iface-in")
	}
}

func limitOf(average uint32) string {
	const scale = 10000
	for _, unit := range []struct {
		name    string
		seconds uint32
	}{{"sec", 1}, {"min", 60}, {"hour", 3600}, {"day", 86400}} {
		if n := scale * unit.seconds; average > 0 && n/average >= 1 {
			return fmt.Sprintf("%d/%s", n/average, unit.name)
		}
	}
	return "0/sec"
}

// printTarget prints the targets that are common. Others have their name only.
func (p *iptablesPrinter) printTarget(t *Target) {
	i := xtInfo(t.Info)
	p.add("-j %s", t.Name)
	switch t.Name {
	case "REJECT":
		names := [...]string{"icmp-net-unreachable", "icmp-host-unreachable", "icmp-proto-unreachable", "icmp-port-unreachable", "", "icmp-net-prohibited", "icmp-host-prohibited", "tcp-reset", "icmp-admin-prohibited"}
		if p.v6 {
			names = [...]string{"icmp6-no-route", "icmp6-adm-prohibited", "", "icmp6-addr-unreachable", "icmp6-port-unreachable", "", "tcp-reset", "icmp6-policy-fail", "icmp6-reject-route"}
		}
		if n := i.u32(0); int(n) < len(names) {
			p.add("--reject-with %s", names[n])
		}
	case "DNAT", "SNAT", "REDIRECT", "MASQUERADE":
		p.natTarget(t, i)
	case "MARK":
		p.add("--set-xmark 0x%x/0x%x", i.u32(0), i.u32(4))
	}
}

func (p *iptablesPrinter) natTarget(t *Target, i xtInfo) {
	n, ok := p.rule.readNAT(t, i)
	if !ok {
		return
	}
	ports := ""
	if n.flags&NATPorts != 0 {
		ports = strconv.Itoa(int(n.first))
		if n.last != n.first {
			ports += "-" + strconv.Itoa(int(n.last))
		}
	}
	if t.Name == "REDIRECT" || t.Name == "MASQUERADE" {
		if ports != "" {
			p.add("--to-ports %s", ports)
		}
		return
	}
	addr := ""
	if n.flags&NATMapIPs != 0 {
		addr = showAddress(n.min, p.v6)
		if string(n.max) != string(n.min) {
			addr += "-" + showAddress(n.max, p.v6)
		}
	}
	if ports != "" {
		if p.v6 && addr != "" {
			addr = "[" + addr + "]"
		}
		addr += ":" + ports
	}
	option := "--to-destination"
	if t.Name == "SNAT" {
		option = "--to-source"
	}
	p.add("%s %s", option, addr)
}
