package scanjob

import (
	"context"
	"iter"
	"net/netip"
	"slices"

	"porthole/internal/checkpoint"
	"porthole/internal/hosts"
	"porthole/scanner"
)

// Discover says when a scan finds out which addresses are alive before it asks
// their ports. A single address is always asked in full: who names it wants to
// know, whatever discovery would find.
type Discover string

// When to look for the addresses.
const (
	DiscoverAuto   Discover = "auto" // above 16 addresses; fewer take about as long to be asked in full
	DiscoverAlways Discover = "always"
	DiscoverNever  Discover = "never"
)

// discoverAbove is the limit of DiscoverAuto.
const discoverAbove = 16

// pays reports whether so many addresses are looked for.
func (d Discover) pays(addresses uint64) bool {
	switch d {
	case DiscoverAlways:
		return addresses > 1
	case DiscoverAuto:
		return addresses > discoverAbove
	}
	return false
}

// findAlive returns the addresses of a set that are alive, in ascending order.
func (r *run) findAlive(ctx context.Context, set int) (alive hostList, err error) {
	order, err := r.discoveryOrder(r.sets[set])
	if err != nil {
		return nil, err
	}
	add := func(h scanner.HostStatus, replayed bool) {
		if h.Alive {
			alive = append(alive, hosts.Host{Name: h.Host, Addr: h.Addr})
		} else {
			r.counts.Down++
		}
		r.Hooks.Host(h, replayed)
	}
	r.Hooks.Stage(Stage{Kind: StageDiscovery, Total: order.Len(), Timeout: r.Scanner.Timeout, Attempts: 1})
	part := checkpoint.DiscoveryPart(set)
	if err := r.Checkpoint.replayHosts(part, order, func(h scanner.HostStatus) { add(h, true) }); err != nil {
		return nil, err
	}
	todo, err := r.Checkpoint.begin(part, order)
	if err != nil {
		return nil, err
	}
	for h, err := range r.newEngine(r.Scanner).Discover(ctx, addressesOf(r.asked(todo))) {
		if err != nil {
			return nil, err
		}
		add(h, false)
		if err := r.Checkpoint.addHost(h); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(alive, func(a, b hosts.Host) int { return a.Addr.Compare(b.Addr) })
	return alive, nil
}

// addressPort is the port of a target that stands for an address as a whole.
const addressPort = 1

func addressTarget(host string, addr netip.Addr) scanner.Target {
	return scanner.Target{Proto: "tcp", Addr: netip.AddrPortFrom(addr, addressPort), Host: host}
}

func addressesOf(targets iter.Seq[scanner.Target]) iter.Seq2[string, netip.Addr] {
	return func(yield func(string, netip.Addr) bool) {
		for t := range targets {
			if !yield(t.Host, t.Addr.Addr()) {
				return
			}
		}
	}
}
