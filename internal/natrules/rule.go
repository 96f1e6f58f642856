// Package natrules reads from the Linux kernel where nftables leads incoming
// connections to: the DNAT rules by which container runtimes publish ports.
// iptables-nft writes the same rules in its own terms, which are read too.
//
// Start with [Read]. Below it is what has no system calls: interpret says what a
// rule does (linux/netfilter/nf_tables.h).
package natrules

import (
	"net/netip"
	"slices"
)

// Rule leads connections that come to some ports elsewhere.
type Rule struct {
	Proto       string     // "tcp" or "udp"
	At          netip.Addr // the address that they come to; the zero Addr: any
	First, Last uint16     // the ports that they come to, both included

	To              netip.Addr
	ToFirst, ToLast uint16 // the port that they are led to is one of these; 0: it stays
	Shifted         bool   // the first port to the first, and so on
}

// From tells which ports lead to a port; ok is false for none.
func (r Rule) From(port uint16) (first, last uint16, ok bool) {
	switch {
	case r.ToFirst == 0:
		return port, port, r.First <= port && port <= r.Last
	case port < r.ToFirst || port > r.ToLast:
		return 0, 0, false
	case r.Shifted:
		from := int(r.First) + int(port) - int(r.ToFirst)
		return uint16(from), uint16(from), from <= int(r.Last)
	default:
		return r.First, r.Last, true
	}
}

// Port tells to which one connections to a port are led; ok is false if they are
// not, or to one of several.
func (r Rule) Port(port uint16) (to uint16, ok bool) {
	switch {
	case port < r.First || port > r.Last:
		return 0, false
	case r.ToFirst == 0:
		return port, true
	case r.ToFirst == r.ToLast:
		return r.ToFirst, true
	case r.Shifted:
		to := int(r.ToFirst) + int(port) - int(r.First)
		return uint16(to), to <= int(r.ToLast)
	default:
		return 0, false
	}
}

// span is a range of numbers, both ends included: of ports or of protocols.
type span struct{ first, last uint16 }

// draft is what has been learned of a rule on the way through its expressions.
// Conditions that are not about destination or protocol are passed over.
type draft struct {
	protos  []span // nil: every one
	ports   []span
	at      netip.Addr
	unclear bool // a condition on these is not understood
	done    []Rule
}

// all is every port.
func all() []span { return []span{{0, 1<<16 - 1}} }

// narrow keeps what is in both lists; a nil list has everything.
func narrow(old, with []span) []span {
	if old == nil {
		return with
	}
	both := []span{}
	for _, a := range old {
		for _, b := range with {
			if s := (span{max(a.first, b.first), min(a.last, b.last)}); s.first <= s.last {
				both = append(both, s)
			}
		}
	}
	return both
}

// lead adds what connections to the draft's ports are led to; nobody can
// connect to port 0.
func (d *draft) lead(to netip.Addr, first, last uint16, shifted bool) {
	if d.unclear || !to.IsValid() || to.IsUnspecified() || first > last {
		return
	}
	ports := d.ports
	if ports == nil {
		ports = all()
	}
	for number, proto := range map[uint16]string{6: "tcp", 17: "udp"} {
		if d.protos != nil && !slices.ContainsFunc(d.protos, func(s span) bool { return s.first <= number && number <= s.last }) {
			continue
		}
		for _, p := range ports {
			p.first = max(p.first, 1)
			if p.first > p.last {
				continue
			}
			d.done = append(d.done, Rule{Proto: proto, At: d.at, First: p.first, Last: p.last, To: to, ToFirst: first, ToLast: last, Shifted: shifted})
		}
	}
}
