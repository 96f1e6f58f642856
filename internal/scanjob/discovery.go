package scanjob

import (
	"context"
	"iter"
	"net/netip"

	"porthole/internal/checkpoint"
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

// findAlive returns the addresses of a set that are alive. After an error it returns
// those that were found until then.
func (r *run) findAlive(ctx context.Context, set int) (*living, error) {
	order, err := r.discoveryOrder(r.sets[set])
	if err != nil {
		return nil, err
	}
	alive := &living{order: order}
	add := func(position uint64, h scanner.HostStatus, replayed bool) {
		r.looked++
		if h.Alive {
			alive.add(position)
		} else {
			r.counts.Down++
		}
		r.Hooks.Host(h, replayed)
	}
	r.Hooks.Stage(Stage{Kind: StageDiscovery, Total: order.Len(), Timeout: r.Scanner.Timeout, Attempts: 1})
	part := checkpoint.DiscoveryPart(set)
	err = r.Checkpoint.replayHosts(part, order, func(position uint64, h scanner.HostStatus) { add(position, h, true) })
	if err == nil {
		err = r.lookFor(ctx, part, order, add)
	}
	alive.arrange()
	return alive, err
}

// lookFor finds out which addresses without a status are alive.
func (r *run) lookFor(ctx context.Context, part int, order *scanner.Plan, add func(uint64, scanner.HostStatus, bool)) error {
	todo, err := r.Checkpoint.begin(part, order)
	if err != nil {
		return err
	}
	inFlight := newFlight()
	for h, err := range r.newEngine(r.settings()).Discover(ctx, addressesOf(r.asked(todo, inFlight))) {
		if err != nil {
			return err
		}
		position := inFlight.finish(addressTarget(h.Host, h.Addr))
		add(position, h, false)
		if err := r.Checkpoint.addHost(position, h); err != nil {
			return err
		}
	}
	return nil
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
