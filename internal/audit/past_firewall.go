package audit

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"porthole/internal/record"
)

// byNobody is the reach of a socket that others could reach by its address, and
// that nobody gets through to.
const byNobody = "nobody"

// reach is the exposure of a socket past the firewall, as far as that is known. The
// addresses of another network namespace are those of an inner network, so that a
// wildcard there is not open to the world; where its port is published it is.
func (v *view) reach(r record.Record) string {
	inner := !r.InNetNS(v.NetNS)
	published := inner && len(r.PublishedAt) > 0
	switch {
	case r.Exposure == "loopback":
		return r.Exposure
	case r.Reach.Nobody() && !published: // a neighbour of a container needs no published port
		return byNobody
	case published && r.Reach.Known() && !r.Reach.Nobody() && !onlyNeighbours(r.Reach):
		return "all"
	case inner, onlyNeighbours(r.Reach):
		return "local"
	}
	return r.Exposure
}

// onlyNeighbours reports whether no source gets through but private, shared and
// link-local ones.
func onlyNeighbours(r *record.Reach) bool {
	if r == nil || r.Verdict != record.ReachPartly || len(r.From) == 0 || r.More > 0 {
		return false
	}
	return !slices.ContainsFunc(r.From, func(text string) bool { return !ofNeighbours(text) })
}

// ofNeighbours reports whether a prefix, or an address, is within one that is not
// routed in the Internet (RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291).
func ofNeighbours(text string) bool {
	p, err := netip.ParsePrefix(text)
	if addr, addrErr := netip.ParseAddr(text); addrErr == nil {
		p, err = netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	if err != nil {
		return false
	}
	for _, inner := range []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "fc00::/7", "fe80::/10"} {
		if n := netip.MustParsePrefix(inner); n.Bits() <= p.Bits() && n.Contains(p.Addr()) {
			return true
		}
	}
	return false
}

// exposed says who can reach a socket by its address, and past the firewall.
func exposed(r record.Record, reach string) string {
	if reach == byNobody {
		reach = r.Exposure
	}
	return fmt.Sprintf("%s (%s)%s", exposureText(r, reach), r.Addr, past(r.Reach))
}

// past says what the firewall lets through, to follow who could come; "" where that
// is not known.
func past(r *record.Reach) string {
	switch {
	case r == nil, r.Unread:
		return ""
	case r.Nobody():
		return ", but nobody gets through: " + cmp.Or(r.Rule, r.Why)
	case r.Verdict == record.ReachPartly:
		return fmt.Sprintf(", and the firewall lets through %s: %s", r.Whom(), r.Rule)
	case r.Verdict == record.ReachUnknown:
		return ", and whom the firewall lets through cannot be told: " + r.Why
	case r.Rule != "":
		return ", and the firewall lets everyone through: " + r.Rule
	default:
		return ""
	}
}
