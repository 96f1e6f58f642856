package ruleset

import (
	"fmt"
	"strings"
)

// printStatement prints what does something.
func (p *printer) printStatement(e Expr) {
	switch e := e.(type) {
	case *NAT:
		p.add("%s", p.natText(e))
	case *Reject:
		p.add("%s", p.rejectText(e))
	case *Limit:
		p.add("%s", limitText(e))
	case *Quota:
		p.add("quota %s%d bytes", overText(e.Over), e.Bytes)
	case *Connlimit:
		p.add("ct count %s%d", overText(e.Over), e.Count)
	case *Queue:
		p.add("queue to %d", e.First)
	case *Flow:
		p.add("flow add @%s", e.Name)
	case *Notrack:
		p.add("notrack")
	case *Objref:
		names := map[uint32]string{1: "counter name", 2: "quota name", 3: "ct helper set", 4: "limit name", 5: "ct count name", 7: "ct timeout set", 8: "meta secmark set", 9: "ct expectation set", 10: "synproxy name"}
		if e.Set != nil {
			p.add("<object of a map>")
			return
		}
		p.add("%s %q", names[e.Type], e.Name)
	case *Note:
		p.add("%s", e.Text)
	case *Forward:
		p.add("fwd")
	case *Unknown:
		p.add("<%s>", e.Name)
	default:
		p.add("<%T>", e)
	}
}

func overText(over bool) string {
	if over {
		return "over "
	}
	return ""
}

func limitText(e *Limit) string {
	units := map[uint64]string{1: "second", 60: "minute", 3600: "hour", 86400: "day", 604800: "week"}
	unit := units[e.Unit]
	if unit == "" {
		unit = fmt.Sprintf("%d seconds", e.Unit)
	}
	if e.Bytes {
		return fmt.Sprintf("limit rate %s%d bytes/%s burst %d bytes", overText(e.Over), e.Rate, unit, e.Burst)
	}
	text := fmt.Sprintf("limit rate %s%d/%s", overText(e.Over), e.Rate, unit)
	const usual = 5
	if e.Burst != usual {
		text += fmt.Sprintf(" burst %d packets", e.Burst)
	}
	return text
}

// rejectText leaves out what is usual, as nft does.
func (p *printer) rejectText(e *Reject) string {
	const reset, icmp, icmpx = 1, 0, 2
	const portUnreachableV4, portUnreachableV6 = 3, 4
	switch {
	case e.Type == reset:
		return "reject with tcp reset"
	case e.Type == icmpx:
		names := [...]string{"no-route", "port-unreachable", "host-unreachable", "admin-prohibited"}
		if e.Code == 1 {
			return "reject"
		}
		return "reject with icmpx " + names[e.Code&3]
	case e.Type != icmp:
		return "reject"
	}
	v6 := p.family == FamilyIPv6 || p.l3 == byte(FamilyIPv6)
	if v6 {
		names := [...]string{"no-route", "admin-prohibited", "", "addr-unreachable", "port-unreachable", "policy-fail", "reject-route"}
		if e.Code == portUnreachableV6 && p.family == FamilyIPv6 || int(e.Code) >= len(names) {
			return "reject"
		}
		return "reject with icmpv6 " + names[e.Code]
	}
	names := map[uint8]string{0: "net-unreachable", 1: "host-unreachable", 2: "prot-unreachable", 3: "port-unreachable", 9: "net-prohibited", 10: "host-prohibited", 13: "admin-prohibited"}
	if e.Code == portUnreachableV4 && p.family == FamilyIPv4 || names[e.Code] == "" {
		return "reject"
	}
	return "reject with icmp " + names[e.Code]
}

// natText prints translations: "dnat ip to 172.17.0.2:80".
func (p *printer) natText(e *NAT) string {
	name := "snat"
	switch {
	case e.Masquerade:
		name = "masquerade"
	case e.Redirect:
		name = "redirect"
	case e.Dest:
		name = "dnat"
	}
	f := formAddress4
	if e.Family == FamilyIPv6 || e.Family == 0 && p.family == FamilyIPv6 {
		f = formAddress6
	}
	addr := p.rangeText(e.AddrMin, e.AddrMax, f)
	port := p.rangeText(e.PortMin, e.PortMax, formPort)
	if addr != "" && p.family == FamilyInet {
		name += " " + e.Family.String()
	}
	mapped := e.AddrMin != NoRegister && p.at(e.AddrMin).text != ""
	switch {
	case mapped:
		port = ""
	case port != "" && f == formAddress6 && addr != "":
		addr = "[" + addr + "]"
	}
	if port != "" {
		addr += ":" + port
	}
	if addr != "" {
		name += " to " + addr
	}
	for _, flag := range []struct {
		bit  uint32
		name string
	}{{NATRandom, "random"}, {NATFully, "fully-random"}, {NATPersistent, "persistent"}} {
		if e.Flags&flag.bit != 0 {
			name += " " + flag.name
		}
	}
	return name
}

func (p *printer) rangeText(first, last Register, f form) string {
	if first == NoRegister {
		return ""
	}
	text := p.text(p.at(first), f)
	if last != NoRegister && last != first {
		if end := p.text(p.at(last), f); end != text {
			return text + "-" + end
		}
	}
	return text
}

func (p *printer) dynsetText(e *Dynset) string {
	var names []string
	for _, t := range p.keyTerms(e.Source, e.Set) {
		names = append(names, t.text)
	}
	op := [...]string{"add", "update", "delete"}[min(e.Op, 2)]
	inner := printer{rule: p.rule, family: p.family}
	for _, one := range e.Exprs {
		inner.printStatement(one)
	}
	words := append([]string{strings.Join(names, " . ")}, inner.words...)
	return fmt.Sprintf("%s @%s { %s }", op, e.Name, strings.Join(words, " "))
}
