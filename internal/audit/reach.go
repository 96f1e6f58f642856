package audit

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"porthole/internal/record"
)

// Scan is the other half of the answer: what a scan of this machine saw.
type Scan struct {
	Verdicts []record.Record
	Addrs    []netip.Addr // of this machine

	// Before are the sockets before the scan: what ended meanwhile answered it.
	Before []record.Record
}

// Own are the verdicts on this machine's addresses that say something. Every
// port of a middlebox is open, which says nothing.
func (o Scan) Own() (list []record.Record) {
	for _, r := range o.Verdicts {
		addr, err := netip.ParseAddr(r.Addr)
		if err == nil && !r.Middlebox && slices.Contains(o.Addrs, addr.WithZone("").Unmap()) {
			list = append(list, r)
		}
	}
	return list
}

// takes tells whether a socket gets what comes for addr.
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

// answerers are the sockets here that wait on the port of a verdict: those that
// get what comes for its address, and the others.
func (v *view) answerers(verdict record.Record) (takers, others []record.Record) {
	for _, r := range slices.Concat(v.waiting, v.Scan.Before) {
		switch {
		case !r.Waits():
		case r.Proto != verdict.Proto || r.Port != verdict.Port || !r.InNetNS(v.NetNS):
		case takes(r, verdict.Addr):
			takers = append(takers, r)
		default:
			others = append(others, r)
		}
	}
	return takers, others
}

// reachBlocked looks for listeners that are bound for others and answered on
// none of the addresses that were asked.
func reachBlocked(v *view) (hits []hit) {
	ours := v.Scan.Own()
	for _, r := range v.waiting {
		if r.Exposure == "loopback" || !r.InNetNS(v.NetNS) {
			continue
		}
		var seen []string
		open := false
		for _, verdict := range ours {
			if verdict.Proto != r.Proto || verdict.Port != r.Port || !takes(r, verdict.Addr) || isLoopback(verdict.Addr) {
				continue
			}
			switch verdict.State {
			case "open", "open|filtered":
				open = true
			case "closed", "filtered":
				seen = append(seen, fmt.Sprintf("%s is %s (%s)", verdict.Addr, verdict.State, verdict.Reason))
			}
		}
		if !open && len(seen) > 0 {
			hits = append(hits, hit{record: r, evidence: fmt.Sprintf("%s waits here for others, but from where the scan was made %s", holder(r), strings.Join(seen, ", "))})
		}
	}
	return hits
}

// reachUnlisted looks for open ports that nobody here waits on.
func reachUnlisted(v *view) (hits []hit) {
	for _, verdict := range v.Scan.Own() {
		takers, others := v.answerers(verdict)
		if verdict.State != "open" || len(takers)+len(others) > 0 {
			continue
		}
		evidence := fmt.Sprintf("%s answers on %s port %d (%s), and no socket here waits there: a rule that redirects (nft list ruleset), a proxy in between, or a socket that is hidden", verdict.Addr, verdict.Proto, verdict.Port, verdict.Reason)
		for _, r := range v.waiting {
			if r.Proto == verdict.Proto && r.Port == verdict.Port {
				evidence += fmt.Sprintf("; in another network namespace %s has that port", holder(r))
				break
			}
		}
		hits = append(hits, hit{record: scanned(verdict), evidence: evidence})
	}
	return hits
}

// reachUnexpected looks for open ports on addresses that their listeners are
// not bound to.
func reachUnexpected(v *view) (hits []hit) {
	for _, verdict := range v.Scan.Own() {
		takers, others := v.answerers(verdict)
		if verdict.State != "open" || len(takers) > 0 || len(others) == 0 {
			continue
		}
		var places []string
		for _, r := range others {
			if place := r.Endpoint() + " of " + holder(r); !slices.Contains(places, place) {
				places = append(places, place)
			}
		}
		hits = append(hits, hit{record: scanned(verdict), evidence: fmt.Sprintf("%s answers on %s port %d (%s), but what waits on that port is bound elsewhere: %s",
			verdict.Addr, verdict.Proto, verdict.Port, verdict.Reason, strings.Join(places, "; "))})
	}
	return hits
}

// scanned is the place of a verdict, without how it was asked.
func scanned(verdict record.Record) record.Record {
	return record.Record{Proto: verdict.Proto, Addr: verdict.Addr, Port: verdict.Port, Service: verdict.Service, IANA: verdict.IANA, Class: verdict.Class}
}

func isLoopback(addr string) bool {
	a, err := netip.ParseAddr(addr)
	return err == nil && a.IsLoopback()
}
