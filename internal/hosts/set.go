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
	singles []Host
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
	if i < uint64(len(s.singles)) {
		return s.singles[i]
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

// setBuilder makes a [Set].
type setBuilder struct {
	port    uint16
	singles []Host
	seen    map[netip.Addr]bool
	ranges  netipx.IPSetBuilder
}

func newSetBuilder(port uint16) *setBuilder {
	return &setBuilder{port: port, seen: make(map[netip.Addr]bool)}
}

func (b *setBuilder) add(r netipx.IPRange, name, zone string, skip *netipx.IPSet) {
	if r.From() != r.To() {
		b.ranges.AddRange(r)
		return
	}
	addr := r.From()
	if skip.Contains(addr) {
		return
	}
	if zone != "" {
		addr = addr.WithZone(zone)
	}
	if !b.seen[addr] {
		b.seen[addr] = true
		b.singles = append(b.singles, Host{Name: name, Addr: addr})
	}
}

// set returns the [Set], without the addresses of skip and with each address once.
func (b *setBuilder) set(skip *netipx.IPSet) (*Set, error) {
	b.ranges.RemoveSet(skip)
	for _, h := range b.singles {
		b.ranges.Remove(h.Addr)
	}
	left, err := b.ranges.IPSet()
	if err != nil {
		return nil, err
	}
	s := &Set{Port: b.port, singles: b.singles, total: uint64(len(b.singles))}
	for _, r := range left.Ranges() {
		n, ok := rangeSize(r)
		if !ok || s.total+n > MaxAddresses {
			return nil, fmt.Errorf("targets: %s is too large: a scan takes at most 2^32 addresses (an IPv6 /96)", r)
		}
		s.spans = append(s.spans, span{start: s.total, first: r.From()})
		s.total += n
	}
	return s, nil
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
	hi, lo := halves(a)
	lo, carry := bits.Add64(lo, n, 0)
	hi += carry
	var b [16]byte
	for i := range 8 {
		b[i] = byte(hi >> (56 - 8*i))
		b[8+i] = byte(lo >> (56 - 8*i))
	}
	sum := netip.AddrFrom16(b)
	if a.Is4() {
		return sum.Unmap()
	}
	return sum
}

func halves(a netip.Addr) (hi, lo uint64) {
	b := a.As16()
	for i := range 8 {
		hi = hi<<8 | uint64(b[i])
		lo = lo<<8 | uint64(b[8+i])
	}
	return hi, lo
}
