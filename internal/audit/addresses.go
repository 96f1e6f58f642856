package audit

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"porthole/internal/record"
)

// sharedAddress compares the programs of sockets that wait side by side. What
// many may hear at once is multicast, and shared by design.
func sharedAddress(v *view) (hits []hit) {
	const multicast = "mdns llmnr ssdp ws-discovery"
	programs := make(map[uint64][]string)
	first := make(map[uint64]record.Record)
	var groups []uint64
	for _, r := range v.waiting {
		g := r.ReuseportGroup
		if g == 0 || has(multicast, r.Service) {
			continue
		}
		if _, ok := first[g]; !ok {
			first[g] = r
			groups = append(groups, g)
		}
		programs[g] = append(programs[g], r.Programs()...)
	}
	for _, g := range groups {
		names := programs[g]
		slices.Sort(names)
		if names = slices.Compact(names); len(names) > 1 {
			hits = append(hits, hit{record: first[g], evidence: "side by side wait " + strings.Join(names, " and ")})
		}
	}
	return hits
}

func shadowedLoopback(v *view) (hits []hit) {
	for _, inner := range v.waiting {
		if inner.Exposure != "loopback" {
			continue
		}
		for _, outer := range v.waiting {
			a, b := inner.OwnerName(), outer.OwnerName()
			if a == "" || b == "" || a == b || !covers(outer, inner) {
				continue
			}
			hits = append(hits, hit{record: inner, evidence: fmt.Sprintf("%s:%d is %s, all other addresses are %s", inner.Addr, inner.Port, a, b)})
			break
		}
	}
	return hits
}

// covers tells whether outer, a wildcard, would take what comes for inner.
func covers(outer, inner record.Record) bool {
	if outer.Port != inner.Port || outer.Proto != inner.Proto || outer.NetNS != inner.NetNS || outer.Exposure != "all" {
		return false
	}
	wild, err := netip.ParseAddr(outer.Addr)
	if err != nil || !wild.IsUnspecified() {
		return false
	}
	addr, err := netip.ParseAddr(inner.Addr)
	if err != nil {
		return false
	}
	v6only := outer.V6Only != nil && *outer.V6Only
	return wild.Is4() == addr.Is4() || wild.Is6() && !v6only
}
