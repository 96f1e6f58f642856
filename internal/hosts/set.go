package hosts

import (
	"fmt"
	"iter"
	"math/bits"
	"net/netip"
	"sort"

	"go4.org/netipx"
)

// MaxAddresses is the most addresses one [Set] holds: the whole of IPv4.
const MaxAddresses = 1 << 32

// Host is one address to ask, with the name it was found under.
type Host struct {
	Name string // as typed; "" for a literal address
	Addr netip.Addr
}

// Set is an ordered list of distinct addresses: first the single addresses in the
// order typed, then the networks and ranges by address. It keeps ranges as ranges,
// and computes the address of an index.
type Set struct {
	Port    uint16 // of targets such as host:8443, asked instead of the port list; 0 if none
	singles singles
	spans   []span
	total   uint64
}

// span is a run of consecutive addresses; start is the index of its first.
type span struct {
	start uint64
	first netip.Addr
}

// Len is the number of addresses.
func (s *Set) Len() uint64 { return s.total }

// At is the i-th address; i must be below Len.
func (s *Set) At(i uint64) Host {
	if i < uint64(s.singles.n) {
		return s.singles.at(int(i))
	}
	k := sort.Search(len(s.spans), func(k int) bool { return s.spans[k].start > i }) - 1
	return Host{Addr: offset(s.spans[k].first, i-s.spans[k].start)}
}

// All yields every address in index order.
func (s *Set) All() iter.Seq[Host] {
	return func(yield func(Host) bool) {
		for i := range s.total {
			if !yield(s.At(i)) {
				return
			}
		}
	}
}

func (s *Set) addSingle(h Host) {
	s.singles.add(h)
	s.total++
}

// addRange fails if the set gets larger than [MaxAddresses].
func (s *Set) addRange(r netipx.IPRange) error {
	n, ok := rangeSize(r)
	if !ok || s.total+n > MaxAddresses {
		return fmt.Errorf("%s is too large: a scan takes at most 2^32 addresses (an IPv6 /96)", r)
	}
	s.spans = append(s.spans, span{start: s.total, first: r.From()})
	s.total += n
	return nil
}

// singles is a list of single addresses, in groups with the same name.
type singles struct {
	groups []group
	n      int
}

type group struct {
	start int // index of its first address
	name  string
	addrs addrs
}

func (l *singles) add(h Host) {
	last := len(l.groups) - 1
	if last < 0 || l.groups[last].name != h.Name || !l.groups[last].addrs.takes(h.Addr) {
		l.groups = append(l.groups, group{start: l.n, name: h.Name})
		last++
	}
	l.groups[last].addrs.add(h.Addr)
	l.n++
}

func (l *singles) at(i int) Host {
	k := sort.Search(len(l.groups), func(k int) bool { return l.groups[k].start > i }) - 1
	g := &l.groups[k]
	return Host{Name: g.name, Addr: g.addrs.at(i - g.start)}
}

// all yields the addresses with their indexes.
func (l *singles) all() iter.Seq2[int, Host] {
	return func(yield func(int, Host) bool) {
		for k := range l.groups {
			g := &l.groups[k]
			for i := range g.addrs.len() {
				if !yield(g.start+i, Host{Name: g.name, Addr: g.addrs.at(i)}) {
					return
				}
			}
		}
	}
}

// rangeSize counts the addresses of r; ok is false above [MaxAddresses].
func rangeSize(r netipx.IPRange) (n uint64, ok bool) {
	hi1, lo1 := halves(r.From())
	hi2, lo2 := halves(r.To())
	lo, borrow := bits.Sub64(lo2, lo1, 0)
	hi, _ := bits.Sub64(hi2, hi1, borrow)
	if hi != 0 || lo >= MaxAddresses {
		return 0, false
	}
	return lo + 1, true
}

// offset is the address n above a, which must not leave a's family.
func offset(a netip.Addr, n uint64) netip.Addr {
	if a.Is4() {
		return addrOf(number(a) + uint32(n))
	}
	hi, lo := halves(a)
	lo, carry := bits.Add64(lo, n, 0)
	hi += carry
	var b [16]byte
	for i := range 8 {
		b[i] = byte(hi >> (56 - 8*i))
		b[8+i] = byte(lo >> (56 - 8*i))
	}
	return netip.AddrFrom16(b)
}

func halves(a netip.Addr) (hi, lo uint64) {
	b := a.As16()
	for i := range 8 {
		hi = hi<<8 | uint64(b[i])
		lo = lo<<8 | uint64(b[8+i])
	}
	return hi, lo
}
