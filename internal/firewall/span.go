package firewall

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"net/netip"
	"slices"
)

// number is one of 128 bits: an address, a port, or the place of an interface
// in a list.
type number struct{ high, low uint64 }

func small(n uint64) number { return number{low: n} }

func (a number) less(b number) bool {
	return a.high < b.high || a.high == b.high && a.low < b.low
}

// compare is for sorting, as [cmp.Compare] is.
func (a number) compare(b number) int {
	if n := cmp.Compare(a.high, b.high); n != 0 {
		return n
	}
	return cmp.Compare(a.low, b.low)
}

// next is the number above; that of the greatest is 0.
func (a number) next() number {
	low, carry := bits.Add64(a.low, 1, 0)
	return number{a.high + carry, low}
}

// prev is the number below; that of 0 is the greatest.
func (a number) prev() number {
	low, borrow := bits.Sub64(a.low, 1, 0)
	return number{a.high - borrow, low}
}

func (a number) and(b number) number { return number{a.high & b.high, a.low & b.low} }
func (a number) or(b number) number  { return number{a.high | b.high, a.low | b.low} }
func (a number) xor(b number) number { return number{a.high ^ b.high, a.low ^ b.low} }
func (a number) not() number         { return number{^a.high, ^a.low} }

func (a number) shiftLeft(n uint) number {
	if n >= 64 {
		return number{high: a.low << (n - 64)}
	}
	return number{a.high<<n | a.low>>(64-n), a.low << n}
}

// ofBytes reads 16 bytes at most, in network order.
func ofBytes(b []byte) (n number) {
	for _, one := range b {
		n = n.shiftLeft(8)
		n.low |= uint64(one)
	}
	return n
}

func ofAddr(a netip.Addr) number {
	if a.Is4() {
		b := a.As4()
		return small(uint64(binary.BigEndian.Uint32(b[:])))
	}
	b := a.As16()
	return number{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}
}

func (a number) addr(v6 bool) netip.Addr {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], a.high)
	binary.BigEndian.PutUint64(b[8:], a.low)
	if v6 {
		return netip.AddrFrom16(b)
	}
	return netip.AddrFrom4([4]byte(b[12:]))
}

// span is a range of numbers, both ends included.
type span struct{ first, last number }

func (s span) has(n number) bool { return !n.less(s.first) && !s.last.less(n) }

// set is numbers as spans in order, with a gap between each two. A set is not
// changed once it is made.
type set []span

// setOf makes one of any spans.
func setOf(spans []span) set {
	all := slices.Clone(spans)
	slices.SortFunc(all, func(a, b span) int { return a.first.compare(b.first) })
	var s set
	for _, one := range all {
		if n := len(s); n > 0 {
			top := &s[n-1]
			end := top.last.next() // 0 if top reaches to the greatest number
			if end == (number{}) || !end.less(one.first) {
				if top.last.less(one.last) {
					top.last = one.last
				}
				continue
			}
		}
		s = append(s, one)
	}
	return s
}

func setOfOne(n number) set { return set{{n, n}} }

// setOfIndex has one index in a list.
func setOfIndex(i int) set { return setOfOne(small(uint64(i))) }

// indexesWhere is the indexes of the values in a list for which is holds.
func indexesWhere[T any](list []T, is func(T) bool) set {
	var s set
	for i, value := range list {
		n := small(uint64(i))
		switch {
		case !is(value):
		case len(s) > 0 && s[len(s)-1].last.next() == n:
			s[len(s)-1].last = n
		default:
			s = append(s, span{n, n})
		}
	}
	return s
}

func setOfPrefix(p netip.Prefix) set { return set{spanOfPrefix(p)} }

func spanOfPrefix(p netip.Prefix) span {
	first := ofAddr(p.Masked().Addr())
	width := uint(p.Addr().BitLen())
	host := small(1).shiftLeft(width - uint(p.Bits()))
	if p.Bits() == 0 && width == 128 {
		return span{first, number{}.not()}
	}
	return span{first, first.or(host.prev())}
}

// find is where the first span is that does not end before n.
func (s set) find(n number) int {
	low, high := 0, len(s)
	for low < high {
		middle := int(uint(low+high) >> 1)
		if s[middle].last.less(n) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

func (s set) has(n number) bool {
	i := s.find(n)
	return i < len(s) && s[i].has(n)
}

func (s set) hasIndex(i int) bool { return s.has(small(uint64(i))) }

// same reports whether two sets are equal.
func (s set) same(t set) bool {
	if len(s) != len(t) {
		return false
	}
	return len(s) == 0 || &s[0] == &t[0] || slices.Equal(s, t)
}

// meets reports whether two sets have something in common.
func (s set) meets(t set) bool {
	if len(s) > len(t) {
		s, t = t, s
	}
	for _, one := range s {
		if i := t.find(one.first); i < len(t) && !one.last.less(t[i].first) {
			return true
		}
	}
	return false
}

// within reports whether all of s is in t.
func (s set) within(t set) bool {
	for _, one := range s {
		i := t.find(one.first)
		if i == len(t) || one.first.less(t[i].first) || t[i].last.less(one.last) {
			return false
		}
	}
	return true
}

// and is what is in both. If all of one set is in the other it is that set
// itself.
func (s set) and(t set) set {
	if len(s) == 0 || len(t) == 0 {
		return nil
	}
	if len(s) > len(t) {
		s, t = t, s
	}
	if s.within(t) {
		return s
	}
	if len(t) == 1 { // and so is s
		return set{{greater(s[0].first, t[0].first), lesser(s[0].last, t[0].last)}}.orNone()
	}
	var both set
	for _, one := range s {
		for i := t.find(one.first); i < len(t) && !one.last.less(t[i].first); i++ {
			both = append(both, span{greater(one.first, t[i].first), lesser(one.last, t[i].last)})
		}
	}
	if len(both) == len(t) && both.same(t) {
		return t
	}
	return both
}

func (s set) orNone() set {
	if s[0].last.less(s[0].first) {
		return nil
	}
	return s
}

func greater(a, b number) number {
	if a.less(b) {
		return b
	}
	return a
}

func lesser(a, b number) number {
	if b.less(a) {
		return b
	}
	return a
}

// minus is what is in s and not in t. If that is all of s it is s itself.
func (s set) minus(t set) set {
	if len(t) == 1 {
		return s.minusSpan(t[0])
	}
	if !s.meets(t) {
		return s
	}
	rest := make(set, 0, len(s)+len(t))
	for _, one := range s {
		whole := true
		for i := t.find(one.first); i < len(t) && !one.last.less(t[i].first); i++ {
			if one.first.less(t[i].first) {
				rest = append(rest, span{one.first, t[i].first.prev()})
			}
			if !t[i].last.less(one.last) {
				whole = false
				break
			}
			one.first = t[i].last.next()
		}
		if whole {
			rest = append(rest, one)
		}
	}
	if len(rest) == 0 {
		return nil
	}
	return rest
}

// minusSpan is minus for the usual case.
func (s set) minusSpan(t span) set {
	from := s.find(t.first)
	to := from // behind the last span that t meets
	for to < len(s) && !t.last.less(s[to].first) {
		to++
	}
	if from == to {
		return s
	}
	rest := make(set, from, len(s)+1)
	copy(rest, s)
	if s[from].first.less(t.first) {
		rest = append(rest, span{s[from].first, t.first.prev()})
	}
	if t.last.less(s[to-1].last) {
		rest = append(rest, span{t.last.next(), s[to-1].last})
	}
	rest = append(rest, s[to:]...)
	if len(rest) == 0 {
		return nil
	}
	return rest
}

// or is what is in one of two sets.
func (s set) or(t set) set {
	switch {
	case len(t) == 0 || t.within(s):
		return s
	case len(s) == 0 || s.within(t):
		return t
	}
	return setOf(append(slices.Clone(s), t...))
}

// prefixes is a set of addresses as prefixes.
func (s set) prefixes(v6 bool) (list []netip.Prefix) {
	width := uint(32)
	if v6 {
		width = 128
	}
	for _, one := range s {
		for first, done := one.first, false; !done; {
			size := width // how many bits are free: as many as first has zeros, and fit
			if first != (number{}) {
				size = min(width, trailingZeros(first))
			}
			last := first.or(lowBits(size))
			for one.last.less(last) {
				size--
				last = first.or(lowBits(size))
			}
			list = append(list, netip.PrefixFrom(first.addr(v6), int(width-size)))
			done = last == one.last
			first = last.next()
		}
	}
	return list
}

func trailingZeros(n number) uint {
	if n.low != 0 {
		return uint(bits.TrailingZeros64(n.low))
	}
	return 64 + uint(bits.TrailingZeros64(n.high))
}

// lowBits is a number with its last n bits set.
func lowBits(n uint) number {
	if n >= 128 {
		return number{}.not()
	}
	return small(1).shiftLeft(n).prev()
}
