package netlab

import (
	"fmt"
	"strings"
)

// Answer is what a rule of [Filter], [FilterExcept] and [DeadAddresses] does
// with a packet.
type Answer string

const (
	Drop               Answer = "drop"                               // silence
	Reset              Answer = "reject with tcp reset"              // TCP only
	PortUnreachable    Answer = "reject with icmpx port-unreachable" // ICMP type 3 code 3, ICMPv6 1 4
	HostUnreachable    Answer = "reject with icmpx host-unreachable" // 3 1, 1 3
	NetworkUnreachable Answer = "reject with icmpx no-route"         // 3 0, 1 0
	AdminProhibited    Answer = "reject with icmpx admin-prohibited" // 3 13, 1 1
)

// Filter returns rules for [Namespace.Nft] that give answer to packets to
// these ports of proto, "tcp" or "udp". They replace what Filter and
// FilterExcept said before for the same proto and answer.
func Filter(proto string, answer Answer, ports ...uint16) string {
	if len(ports) == 0 {
		return filterTable(proto, answer, "")
	}
	return filterTable(proto, answer, fmt.Sprintf("%s dport { %s } %s", proto, portList(ports), answer))
}

// FilterExcept is [Filter] for all ports but these.
func FilterExcept(proto string, answer Answer, ports ...uint16) string {
	if len(ports) == 0 {
		return filterTable(proto, answer, fmt.Sprintf("meta l4proto %s %s", proto, answer))
	}
	return filterTable(proto, answer, fmt.Sprintf("%s dport != { %s } %s", proto, portList(ports), answer))
}

func filterTable(proto string, answer Answer, rule string) string {
	name := strings.NewReplacer(" ", "_", "-", "_").Replace(proto + "_" + string(answer))
	return table("netlab_"+name, "input", "filter", rule)
}

// DeadAddresses returns rules for [Namespace.Nft] that give answer to packets
// to addresses without a host, see [Config.Alive].
func DeadAddresses(answer Answer) string {
	return table("netlab_dead", "prerouting", "filter", "fib daddr type != local "+string(answer))
}

// LimitAnswers returns rules for [Namespace.Nft] that let out at most so many
// TCP resets and, of ICMP and ICMPv6 each, so many unreachables per second,
// and drop the rest. Either may be saved up for a second, as with FreeBSD's
// net.inet.icmp.icmplim; 0 lets out none. The limits of the kernel itself
// stay, see [Namespace.LimitICMP].
func LimitAnswers(resets, unreachables uint) string {
	return table("netlab_limit", "output", "filter",
		"tcp flags & rst == rst "+above(resets),
		"icmp type destination-unreachable "+above(unreachables),
		"icmpv6 type destination-unreachable "+above(unreachables),
	)
}

func above(perSecond uint) string {
	if perSecond == 0 {
		return "drop"
	}
	return fmt.Sprintf("limit rate over %d/second burst %d packets drop", perSecond, perSecond)
}

// OpenEverything returns rules for [Namespace.Nft] that hand TCP connections
// from the other side, to whatever address and port, to the listeners that
// [Namespace.Listen] opened on this port of 0.0.0.0 and of [::], as some
// firewalls do. They track no connections, so any number fits.
func OpenEverything(port uint16) string {
	return table("netlab_open", "prerouting", "mangle",
		fmt.Sprintf("iifname %q meta l4proto tcp tproxy to :%d", device, port))
}

// table writes a table with one chain at a hook, and has it replace the one of
// that name.
func table(name, hook, priority string, rules ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "add table inet %s\ndelete table inet %s\n", name, name)
	fmt.Fprintf(&b, "table inet %s {\n\tchain %s {\n", name, hook)
	fmt.Fprintf(&b, "\t\ttype filter hook %s priority %s; policy accept;\n", hook, priority)
	for _, rule := range rules {
		fmt.Fprintf(&b, "\t\t%s\n", rule)
	}
	b.WriteString("\t}\n}\n")
	return b.String()
}

func portList(ports []uint16) string {
	words := make([]string, len(ports))
	for i, p := range ports {
		words[i] = fmt.Sprint(p)
	}
	return strings.Join(words, ", ")
}
