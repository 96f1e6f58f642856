package scanjob

import (
	"net/netip"
	"slices"
	"sort"

	"porthole/scanner"
)

// aliveHosts is the addresses of a set that are alive, as [scanner.Hosts], in the order
// in which they were looked for. An address takes two bytes, so that a whole /8 takes
// 32 MB.
type aliveHosts struct {
	order  *scanner.Plan // in which the addresses were looked for
	blocks [][]uint16    // the lower halves of positions, by the upper halves
	before []uint64      // the number of addresses in the blocks before one
	n      uint64
}

// add adds the address at a position, which must not be there yet.
func (l *aliveHosts) add(position uint64) {
	for uint64(len(l.blocks)) <= position>>16 {
		l.blocks = append(l.blocks, nil)
	}
	l.blocks[position>>16] = append(l.blocks[position>>16], uint16(position))
	l.n++
}

// arrange makes At usable once all addresses are there.
func (l *aliveHosts) arrange() {
	n := uint64(0)
	l.before = make([]uint64, len(l.blocks))
	for k, block := range l.blocks {
		slices.Sort(block)
		l.blocks[k] = slices.Clip(block)
		l.before[k] = n
		n += uint64(len(block))
	}
}

func (l *aliveHosts) Len() uint64 { return l.n }

func (l *aliveHosts) At(i uint64) (string, netip.Addr) {
	k := sort.Search(len(l.before), func(k int) bool { return l.before[k] > i }) - 1
	t := l.order.At(uint64(k)<<16 | uint64(l.blocks[k][i-l.before[k]]))
	return t.Host, t.Addr.Addr()
}
