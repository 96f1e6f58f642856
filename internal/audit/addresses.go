package audit

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"porthole/internal/record"
)

// sharedAddress looks for sockets of different programs that share an address by
// SO_REUSEPORT. Multicast services are left out: there every socket gets every
// datagram, and the address is shared by design.
func sharedAddress(v *view) (matches []match) {
	const multicast = "mdns llmnr ssdp ws-discovery"
	programs := make(map[uint64][]string)
	first := make(map[uint64]record.Record)
	var groups []uint64
	for _, r := range v.waiting {
		g := r.ReuseportGroup
		if g == 0 || slices.Contains(strings.Fields(multicast), r.Service) {
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
			matches = append(matches, match{record: first[g], evidence: "the address is shared by " + strings.Join(names, " and ")})
		}
	}
	return matches
}

// shadowedLoopback looks for a loopback address that has another owner than the
// wildcard address of the same port.
func shadowedLoopback(v *view) (matches []match) {
	type place struct {
		portKey
		netns uint64
	}
	wildcards := make(map[place][]record.Record) // few, where a port has thousands of addresses
	for _, r := range v.waiting {
		if addr, err := netip.ParseAddr(r.Addr); err == nil && addr.IsUnspecified() {
			at := place{keyOf(r), r.NetNS}
			wildcards[at] = append(wildcards[at], r)
		}
	}
	for _, inner := range v.waiting {
		if inner.Exposure != "loopback" {
			continue
		}
		for _, outer := range wildcards[place{keyOf(inner), inner.NetNS}] {
			if !coversAddr(outer, inner) {
				continue
			}
			a, b := inner.OwnerName(), outer.OwnerName()
			if a == "" || b == "" || a == b {
				continue
			}
			matches = append(matches, match{record: inner, evidence: fmt.Sprintf("%s is held by %s, all other addresses by %s", inner.Endpoint(), a, b)})
			break
		}
	}
	return matches
}

// coversAddr reports whether outer is bound to the wildcard address, and would get
// the connections to inner if that were not there.
func coversAddr(outer, inner record.Record) bool {
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
