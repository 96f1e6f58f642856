package scanjob

import (
	"context"
	"iter"
	"net/netip"

	"porthole/scanner"
)

// shardHosts is all addresses of a set that are this shard's, as [scanner.Hosts].
type shardHosts struct{ order *scanner.Plan }

func (h shardHosts) Len() uint64 { return h.order.Len() }

func (h shardHosts) At(i uint64) (string, netip.Addr) {
	t := h.order.At(i)
	return t.Host, t.Addr.Addr()
}

// neighbourTable is what a job needs of [scanner.Neighbours].
type neighbourTable interface {
	Answered(context.Context, netip.Addr) (scanner.Reason, error)
	Close()
}

// systemNeighbours makes the table of a scan with these settings.
func systemNeighbours(s scanner.Scanner) neighbourTable {
	return &scanner.Neighbours{Source: s.Source, Interface: s.Interface}
}

// aliveCount counts which addresses answered when all are asked all ports at once. An
// address that was silent on every port is down, unless it is a neighbour that answered
// ARP or neighbor discovery. Their table is read while the scan runs, since Linux forgets
// neighbours. A nil aliveCount counts nothing.
type aliveCount struct {
	order      *scanner.Plan
	hosts      scanner.Hosts // of order
	newTable   func() neighbourTable
	neighbours neighbourTable
	unable     func(error)
	answered   bitset // by the index of the address
	unasked    bitset // with a port that this machine could not ask
	onLink     func(netip.Addr) bool
	recalled   map[scanner.Target]uint64 // a port of each address on a link that was silent in an earlier run
	again      bitset                    // these addresses
	alive      uint64
	down       uint64 // known once everything was asked
}

func (r *run) newAliveCount(order *scanner.Plan) *aliveCount {
	return &aliveCount{
		order: order, hosts: order.Hosts(), newTable: r.newNeighbours, neighbours: r.newNeighbours(), unable: r.Hooks.Unable,
		onLink: r.newLinkPace().OnLink, recalled: make(map[scanner.Target]uint64), again: make(bitset),
		answered: make(bitset), unasked: make(bitset),
	}
}

// note takes the verdict at a position.
func (l *aliveCount) note(ctx context.Context, position uint64, res scanner.Result) {
	if l == nil {
		return
	}
	i := l.order.HostIndex(position)
	switch {
	case res.State == scanner.StateUnknown:
		l.unasked.add(i)
	case res.Reason.ShowsLife(), !l.answered.has(i) && l.isNeighbour(ctx, res.Addr.Addr()):
		l.answer(i)
	}
}

// recall takes a verdict of an earlier run. Linux has forgotten by now who of the silent
// answered ARP or neighbor discovery then.
func (l *aliveCount) recall(position uint64, res scanner.Result) {
	if l == nil || res.Reason != scanner.ReasonNoResponse || !l.onLink(res.Addr.Addr()) {
		return
	}
	if i := l.order.HostIndex(position); l.again.add(i) {
		l.recalled[res.Target] = i
	}
}

// askNeighboursAgain asks a port of each neighbour again that was silent in an earlier run
// and has answered nothing in this one, so that ARP or neighbor discovery asks for it.
func (r *run) askNeighboursAgain(ctx context.Context, l *aliveCount) error {
	targets := func(yield func(scanner.Target) bool) {
		for t, i := range l.recalled {
			if !l.answered.has(i) && !l.unasked.has(i) && !yield(t) {
				return
			}
		}
	}
	if len(l.recalled) == 0 {
		return nil
	}
	s := r.settings()
	s.Attempts = 1
	for res, err := range r.newEngine(s).Scan(ctx, targets) {
		if err != nil {
			return err
		}
		if i := l.recalled[res.Target]; res.Reason.ShowsLife() && res.State != scanner.StateUnknown || !l.answered.has(i) && l.isNeighbour(ctx, res.Addr.Addr()) {
			l.answer(i)
		}
	}
	return nil
}

func (l *aliveCount) answer(i uint64) {
	if l.answered.add(i) {
		l.alive++
	}
}

func (l *aliveCount) isNeighbour(ctx context.Context, a netip.Addr) bool {
	reason, err := l.neighbours.Answered(ctx, a)
	if err != nil {
		l.unable(err)
	}
	return reason != scanner.ReasonNone
}

// conclude reads the neighbour table once more when everything was asked, since some
// neighbours may have answered after it was read, and counts the addresses that are
// down.
func (l *aliveCount) conclude(ctx context.Context) {
	l.close()
	l.neighbours = l.newTable()
	for i, addr := range l.silent() {
		if l.isNeighbour(ctx, addr) {
			l.answer(i)
		} else {
			l.down++
		}
	}
}

func (l *aliveCount) close() { l.neighbours.Close() }

// silent yields the addresses that answered nothing, with their index.
func (l *aliveCount) silent() iter.Seq2[uint64, netip.Addr] {
	return func(yield func(uint64, netip.Addr) bool) {
		for i := range l.hosts.Len() {
			if l.answered.has(i) || l.unasked.has(i) {
				continue
			}
			if _, addr := l.hosts.At(i); !yield(i, addr) {
				return
			}
		}
	}
}

// bitset is a set of numbers, in blocks that exist only if they hold any.
type bitset map[uint64]*[1024]uint64

// add reports whether i is new.
func (b bitset) add(i uint64) bool {
	block := b[i>>16]
	if block == nil {
		block = new([1024]uint64)
		b[i>>16] = block
	}
	word, bit := &block[i>>6&1023], uint64(1)<<(i&63)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	return true
}

func (b bitset) has(i uint64) bool {
	block := b[i>>16]
	return block != nil && block[i>>6&1023]>>(i&63)&1 != 0
}
