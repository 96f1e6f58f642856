package audit

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"porthole/internal/record"
)

// takes reports whether a socket gets the connections to addr.
func takes(r record.Record, addr string) bool {
	bound, err := netip.ParseAddr(r.Addr)
	if err != nil {
		return false
	}
	to, err := netip.ParseAddr(addr)
	if err != nil {
		return false
	}
	bound, to = bound.WithZone("").Unmap(), to.WithZone("").Unmap()
	if !bound.IsUnspecified() {
		return bound == to
	}
	v6only := r.V6Only != nil && *r.V6Only
	return bound.Is4() == to.Is4() || bound.Is6() && !v6only
}

// reachBlocked looks for listeners that are not on loopback and were not open on any
// of the addresses that were scanned.
func reachBlocked(v *view) (matches []match) {
	if v.Scan == nil {
		return nil
	}
	for _, r := range v.waiting {
		if r.Exposure == "loopback" || !r.InNetNS(v.NetNS) {
			continue
		}
		open, maybe, shut := v.Scan.measured(r)
		if len(open)+len(maybe) == 0 && len(shut) > 0 {
			evidence := fmt.Sprintf("%s listens for other machines, but to the scan %s%s", holder(r), sumUp(shut), verdictText(r))
			if queueIsFull(r) {
				evidence += "; its accept queue is full, which drops connections, too"
			}
			matches = append(matches, match{record: r, evidence: evidence})
		}
	}
	return matches
}

// sumUp joins the first few of a list, and counts the others.
func sumUp(list []string) string {
	const few = 3
	if len(list) > few+1 {
		return fmt.Sprintf("%s, and %d more", strings.Join(list[:few], ", "), len(list)-few)
	}
	return strings.Join(list, ", ")
}

// reachUnlisted looks for open ports that no socket of this machine waits on.
func reachUnlisted(v *view) (matches []match) {
	if v.Scan == nil {
		return nil
	}
	for _, verdict := range v.Scan.open {
		takers, others := v.takers(verdict)
		if len(takers)+len(others) > 0 {
			continue
		}
		evidence := fmt.Sprintf("%s answers on %s port %d (%s), and no socket of this machine waits there: a rule may redirect it (nft list ruleset), a proxy may be in between, or a socket is hidden", verdict.addr, verdict.proto, verdict.port, verdict.reason)
		if elsewhere := v.byPort[portKey{verdict.proto, verdict.port}]; len(elsewhere) > 0 {
			evidence += fmt.Sprintf("; in another network namespace %s holds that port", holder(elsewhere[0]))
		}
		matches = append(matches, match{record: scanned(verdict), evidence: evidence})
	}
	return matches
}

// reachUnexpected looks for ports that are open on an address that no listener of
// the port is bound to.
func reachUnexpected(v *view) (matches []match) {
	if v.Scan == nil {
		return nil
	}
	for _, verdict := range v.Scan.open {
		takers, others := v.takers(verdict)
		if len(takers) > 0 || len(others) == 0 {
			continue
		}
		var endpoints []string
		for _, r := range others {
			if e := r.Endpoint() + " of " + holder(r); !slices.Contains(endpoints, e) {
				endpoints = append(endpoints, e)
			}
		}
		matches = append(matches, match{record: scanned(verdict), evidence: fmt.Sprintf("%s answers on %s port %d (%s), but the sockets that wait on that port are bound elsewhere: %s",
			verdict.addr, verdict.proto, verdict.port, verdict.reason, strings.Join(endpoints, "; "))})
	}
	return matches
}

// scanned is a record of the port of a verdict, without how it was probed.
func scanned(p openPort) record.Record {
	return record.Record{Proto: p.proto, Addr: p.addr, Port: p.port, Service: p.service, IANA: p.iana, Class: p.class}
}
