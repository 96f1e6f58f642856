package reach

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"porthole/internal/firewall"
	"porthole/internal/record"
	"porthole/internal/sentence"
	"porthole/sockets"
)

// Outside tells what becomes of new connections to a port of a network namespace,
// on every address. It is nil where no firewall is read.
func (j *Judge) Outside(proto string, port uint16, netns uint64) *record.Outside {
	if len(j.spaces) == 0 {
		return nil
	}
	host, refusal := j.host(netns)
	if refusal != nil {
		return &record.Outside{Reach: refusal}
	}
	s := sockets.Socket{
		Proto: proto, State: sockets.StateListen, NetNS: netns,
		Local: netip.AddrPortFrom(netip.IPv6Unspecified(), port),
	}
	out := &record.Outside{Reach: j.Sockets([]*sockets.Socket{&s})[0], Accepted: j.accepted(host, proto)}
	if out.Known() && out.Verdict != record.ReachAccept {
		out.Opener = j.opener(&s, host)
	}
	return out
}

// opener is what would open a port: one command, whatever the family, or one for
// each that is closed.
func (j *Judge) opener(s *sockets.Socket, host *firewall.Host) string {
	var commands []string
	for _, addr := range addrs(s, host) {
		q := firewall.Question{Addr: addr, Proto: s.Proto, Port: s.Local.Port()}
		if j.topology.Judge(host, []firewall.Question{q})[0].Verdict == firewall.VerdictAccept {
			continue
		}
		command := j.topology.OpeningRule(host, q)
		if command == "" {
			return ""
		}
		commands = append(commands, command)
	}
	return strings.Join(compact(commands), "; ")
}

// accepted is what the rules of a host let in of a protocol: "22 from everywhere".
// Where the families differ it says which is meant.
func (j *Judge) accepted(host *firewall.Host, proto string) []string {
	var lists [2][]string
	for i, v6 := range []bool{false, true} {
		if host.Addressed(v6) {
			lists[i] = j.acceptedOf(host, proto, v6)
		}
	}
	if slices.Equal(lists[0], lists[1]) || !host.Addressed(true) {
		return lists[0]
	}
	if !host.Addressed(false) {
		return lists[1]
	}
	var out []string
	for i, family := range []string{"IPv4", "IPv6"} {
		for _, one := range lists[i] {
			if slices.Contains(lists[1-i], one) {
				if i == 0 {
					out = append(out, one)
				}
			} else {
				out = append(out, one+" over "+family)
			}
		}
	}
	return out
}

func (j *Judge) acceptedOf(host *firewall.Host, proto string, v6 bool) (list []string) {
	ports := make(map[string][]firewall.PortRange)
	var whom []string
	for _, a := range j.topology.Admitted(host, proto, v6) {
		who := j.whom(a.Reach)
		if who == "" {
			continue
		}
		if ports[who] == nil {
			whom = append(whom, who)
		}
		ports[who] = append(ports[who], a.Ports...)
	}
	slices.SortFunc(whom, func(a, b string) int { return cmp.Compare(first(ports[a]), first(ports[b])) })
	for _, who := range whom {
		list = append(list, portsText(ports[who])+" "+who)
	}
	return list
}

func first(ports []firewall.PortRange) uint16 {
	return slices.MinFunc(ports, func(a, b firewall.PortRange) int { return cmp.Compare(a.First, b.First) }).First
}

// whom says who gets through; "" for nobody, and where it cannot be told.
func (j *Judge) whom(r firewall.Reach) string {
	switch {
	case r.Verdict == firewall.VerdictAccept:
		return "from everywhere"
	case r.Verdict != firewall.VerdictPartly:
		return ""
	}
	const shown = 3
	t := j.textsOf(r.Some())
	var parts []string
	switch {
	case t.from.len() == 0:
	case t.except.len() < t.from.len():
		parts = append(parts, "from everywhere but "+t.except.text(shown))
	default:
		parts = append(parts, "from "+t.from.text(shown))
	}
	if len(t.links) > 0 {
		parts = append(parts, "by "+strings.Join(t.links, ", "))
	}
	if len(t.to) > 0 {
		parts = append(parts, "to "+strings.Join(t.to, ", "))
	}
	return cmp.Or(strings.Join(parts, " "), "from some")
}

// text names a few, and counts the others.
func (s sources) text(shown int) string {
	list := s.list[:min(len(s.list), shown)]
	text := strings.Join(list, ", ")
	if more := s.len() - len(list); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// portsText names ports and ranges, joined where they touch, a few of them.
func portsText(ports []firewall.PortRange) string {
	ports = slices.Clone(ports)
	slices.SortFunc(ports, func(a, b firewall.PortRange) int { return cmp.Compare(a.First, b.First) })
	joined := ports[:1]
	for _, p := range ports[1:] {
		if last := &joined[len(joined)-1]; int(p.First) == int(last.Last)+1 {
			last.Last = p.Last
		} else {
			joined = append(joined, p)
		}
	}
	var parts []string
	for _, p := range joined {
		switch {
		case p == firewall.PortRange{First: 1, Last: 65535}:
			return "every port"
		case p.First == p.Last:
			parts = append(parts, fmt.Sprint(p.First))
		default:
			parts = append(parts, fmt.Sprintf("%d-%d", p.First, p.Last))
		}
	}
	const few = 8
	if more := len(parts) - few; more > 1 {
		return fmt.Sprintf("%s and %d more", strings.Join(parts[:few], ", "), more)
	}
	return sentence.Join(parts, "and")
}
