package hosts

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"go4.org/netipx"
)

// setBuilder makes a [Set] of addresses that may be double.
type setBuilder struct {
	port    uint16
	singles singles
	ranges  netipx.IPSetBuilder
	ranged  bool
}

func (b *setBuilder) addRange(r netipx.IPRange) {
	if r.From() == r.To() {
		b.singles.add(Host{Addr: r.From()})
		return
	}
	b.ranged = true
	b.ranges.AddRange(r)
}

// set returns the [Set] with each address once, without those of skip and of other,
// which may be nil, and an index of it.
func (b *setBuilder) set(skip *netipx.IPSet, other *index) (*Set, *index, error) {
	x := newIndex(&b.singles)
	b.ranges.RemoveSet(skip)
	if other != nil {
		b.ranges.RemoveSet(other.ranges)
	}
	if b.ranged {
		if other != nil {
			other.removeFrom(&b.ranges)
		}
		x.removeFrom(&b.ranges)
	}
	var err error
	if x.ranges, err = b.ranges.IPSet(); err != nil {
		return nil, nil, err
	}
	s := &Set{Port: b.port}
	double := x.doubles()
	for i, h := range b.singles.all() {
		plain := h.Addr.WithZone("")
		if !double[i] && !skip.Contains(plain) && (other == nil || !other.contains(h.Addr)) {
			s.addSingle(h)
		}
	}
	for _, r := range x.ranges.Ranges() {
		if err := s.addRange(r); err != nil {
			return nil, nil, fmt.Errorf("targets: %w", err)
		}
	}
	return s, x, nil
}

// index finds addresses of a set. A single one of IPv4 takes 8 bytes.
type index struct {
	v4     []uint64 // the address in the upper half, its index in the lower; sorted
	other  []addrIndex
	ranges *netipx.IPSet
}

type addrIndex struct {
	addr netip.Addr
	i    int
}

func newIndex(l *singles) *index {
	x := new(index)
	for i, h := range l.all() {
		if h.Addr.Is4() {
			x.v4 = append(x.v4, uint64(number(h.Addr))<<32|uint64(uint32(i)))
		} else {
			x.other = append(x.other, addrIndex{h.Addr, i})
		}
	}
	slices.Sort(x.v4)
	slices.SortFunc(x.other, func(a, b addrIndex) int { return cmp.Or(a.addr.Compare(b.addr), cmp.Compare(a.i, b.i)) })
	return x
}

// doubles are the indexes of addresses that an earlier one has, too.
func (x *index) doubles() map[int]bool {
	double := make(map[int]bool)
	for k := 1; k < len(x.v4); k++ {
		if x.v4[k]>>32 == x.v4[k-1]>>32 {
			double[int(uint32(x.v4[k]))] = true
		}
	}
	for k := 1; k < len(x.other); k++ {
		if x.other[k].addr == x.other[k-1].addr {
			double[x.other[k].i] = true
		}
	}
	return double
}

func (x *index) contains(a netip.Addr) bool {
	if x.ranges.Contains(a.WithZone("")) && a.Zone() == "" {
		return true
	}
	if a.Is4() {
		n := uint64(number(a)) << 32
		k, _ := slices.BinarySearch(x.v4, n)
		return k < len(x.v4) && x.v4[k]>>32 == n>>32
	}
	_, found := slices.BinarySearchFunc(x.other, a, func(e addrIndex, a netip.Addr) int { return e.addr.Compare(a) })
	return found
}

// removeFrom removes the single addresses from ranges.
func (x *index) removeFrom(ranges *netipx.IPSetBuilder) {
	all, err := ranges.IPSet() // which can still be added to
	if err != nil {
		return // it is met again
	}
	for _, n := range x.v4 {
		if a := addrOf(uint32(n >> 32)); all.Contains(a) {
			ranges.Remove(a)
		}
	}
	for _, e := range x.other {
		if all.Contains(e.addr) {
			ranges.Remove(e.addr)
		}
	}
}
