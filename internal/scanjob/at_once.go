package scanjob

import (
	"context"
	"iter"
	"net/netip"

	"porthole/scanner"
)

// shardHosts is all addresses of a set that are this shard's, as a [scanner.Plan]
// wants them.
type shardHosts struct{ order *scanner.Plan }

func (h shardHosts) Len() uint64 { return h.order.Len() }

func (h shardHosts) At(i uint64) (string, netip.Addr) {
	t := h.order.At(i)
	return t.Host, t.Addr.Addr()
}

// neighbourTable tells who answered ARP or neighbor discovery: [scanner.Neighbours].
type neighbourTable interface {
	Answered(context.Context, netip.Addr) (scanner.Reason, error)
	Close()
}

func systemNeighbours() neighbourTable { return new(scanner.Neighbours) }

// lifeSigns tells which addresses answered when all are asked all ports at once: an
// address that stayed silent to every one is down, unless it is a neighbour that
// answered ARP or neighbor discovery. The table of these is read while the scan runs,
// since Linux forgets them. A nil lifeSigns counts nothing.
type lifeSigns struct {
	order      *scanner.Plan
	hosts      scanner.Hosts // of order
	newTable   func() neighbourTable
	neighbours neighbourTable
	unable     func(error)
	answered   bitset // by the index of the address
	unasked    bitset // with a port that this machine could not ask
	alive      uint64
	down       uint64 // when all is asked
}

func (r *run) newLifeSigns(order *scanner.Plan) *lifeSigns {
	return &lifeSigns{
		order: order, hosts: order.Hosts(), newTable: r.newNeighbours, neighbours: r.newNeighbours(), unable: r.Hooks.Unable,
		answered: make(bitset), unasked: make(bitset),
	}
}

// note takes the verdict at a position.
func (l *lifeSigns) note(ctx context.Context, position uint64, res scanner.Result) {
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

func (l *lifeSigns) answer(i uint64) {
	if l.answered.add(i) {
		l.alive++
	}
}

func (l *lifeSigns) isNeighbour(ctx context.Context, a netip.Addr) bool {
	reason, err := l.neighbours.Answered(ctx, a)
	if err != nil {
		l.unable(err)
	}
	return reason != scanner.ReasonNone
}

// conclude asks the neighbour table once more when all is asked, since the last
// neighbours may have answered after it was read, and counts who is down.
func (l *lifeSigns) conclude(ctx context.Context) {
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

func (l *lifeSigns) close() { l.neighbours.Close() }

// silent are the addresses that did not answer anything that they were asked, by
// their index.
func (l *lifeSigns) silent() iter.Seq2[uint64, netip.Addr] {
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

// bitset is a set of numbers, in blocks that are there if they hold any.
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
