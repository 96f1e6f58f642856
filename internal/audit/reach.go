package audit

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"porthole/internal/record"
)

// Scan is a scan of this machine.
type Scan struct {
	Verdicts []record.Record
	Addrs    []netip.Addr // of this machine

	// Before are the sockets before the scan. One that has closed since may have
	// answered it.
	Before []record.Record
}

// Own returns the verdicts on addresses of this machine. Those of a middlebox are
// left out: it answers on every port, which says nothing of this machine.
func (o Scan) Own() (list []record.Record) {
	for _, r := range o.Verdicts {
		addr, err := netip.ParseAddr(r.Addr)
		if err == nil && !r.Middlebox && slices.Contains(o.Addrs, addr.WithZone("").Unmap()) {
			list = append(list, r)
		}
	}
	return list
}

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

// listenersFor returns the sockets of this machine that wait on the port of a
// verdict: those that get the connections to its address, and the others.
func (v *view) listenersFor(verdict record.Record) (takers, others []record.Record) {
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

// reachBlocked looks for listeners that are not on loopback and were not open on any
// of the addresses that were scanned.
func reachBlocked(v *view) (matches []match) {
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
			matches = append(matches, match{record: r, evidence: fmt.Sprintf("%s listens for other machines, but to the scan %s", holder(r), strings.Join(seen, ", "))})
		}
	}
	return matches
}

// reachUnlisted looks for open ports that no socket of this machine waits on.
func reachUnlisted(v *view) (matches []match) {
	for _, verdict := range v.Scan.Own() {
		takers, others := v.listenersFor(verdict)
		if verdict.State != "open" || len(takers)+len(others) > 0 {
			continue
		}
		evidence := fmt.Sprintf("%s answers on %s port %d (%s), and no socket of this machine waits there: a rule may redirect it (nft list ruleset), a proxy may be in between, or a socket is hidden", verdict.Addr, verdict.Proto, verdict.Port, verdict.Reason)
		for _, r := range v.waiting {
			if r.Proto == verdict.Proto && r.Port == verdict.Port {
				evidence += fmt.Sprintf("; in another network namespace %s holds that port", holder(r))
				break
			}
		}
		matches = append(matches, match{record: scanned(verdict), evidence: evidence})
	}
	return matches
}

// reachUnexpected looks for ports that are open on an address that no listener of
// the port is bound to.
func reachUnexpected(v *view) (matches []match) {
	for _, verdict := range v.Scan.Own() {
		takers, others := v.listenersFor(verdict)
		if verdict.State != "open" || len(takers) > 0 || len(others) == 0 {
			continue
		}
		var endpoints []string
		for _, r := range others {
			if e := r.Endpoint() + " of " + holder(r); !slices.Contains(endpoints, e) {
				endpoints = append(endpoints, e)
			}
		}
		matches = append(matches, match{record: scanned(verdict), evidence: fmt.Sprintf("%s answers on %s port %d (%s), but the sockets that wait on that port are bound elsewhere: %s",
			verdict.Addr, verdict.Proto, verdict.Port, verdict.Reason, strings.Join(endpoints, "; "))})
	}
	return matches
}

// scanned is a record of the port of a verdict, without how it was probed.
func scanned(verdict record.Record) record.Record {
	return record.Record{Proto: verdict.Proto, Addr: verdict.Addr, Port: verdict.Port, Service: verdict.Service, IANA: verdict.IANA, Class: verdict.Class}
}

func isLoopback(addr string) bool {
	a, err := netip.ParseAddr(addr)
	return err == nil && a.IsLoopback()
}
