package scanjob

import (
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

// lifeSigns tells which addresses answered when all are asked all ports at once: an
// address that stayed silent to every one is down. A nil lifeSigns counts nothing.
type lifeSigns struct {
	order    *scanner.Plan
	hosts    scanner.Hosts // of order
	answered bitset        // by the index of the address
	alive    uint64
}

// note takes the verdict at a position.
func (l *lifeSigns) note(position uint64, res scanner.Result) {
	if l == nil || !res.Reason.ShowsLife() {
		return
	}
	if l.answered.add(l.order.HostIndex(position)) {
		l.alive++
	}
}

// silent are the addresses that did not answer.
func (l *lifeSigns) silent() iter.Seq2[string, netip.Addr] {
	return func(yield func(string, netip.Addr) bool) {
		for i := range l.hosts.Len() {
			if !l.answered.has(i) && !yield(l.hosts.At(i)) {
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
