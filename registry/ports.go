package registry

import (
	"iter"
	"slices"
	"strconv"
	"strings"
)

// Range is the ports from First to Last, both included.
type Range struct{ First, Last uint16 }

// String returns "22" for one port, "8000-9000" for more.
func (r Range) String() string {
	first := strconv.Itoa(int(r.First))
	if r.First == r.Last {
		return first
	}
	return first + "-" + strconv.Itoa(int(r.Last))
}

// Ports is a set of ports, each with its protocol: 53 of tcp and 53 of udp are
// two. The zero value is the empty set. A Ports is a value: no method changes
// it, and copies may be used from several goroutines.
type Ports struct {
	// Ascending and neither touching nor overlapping, so equal sets have
	// equal ranges. Slices are shared between copies and never written to.
	ranges [protocols][]Range
}

// NewPorts returns the set of the given ranges of one protocol ("tcp", "udp",
// "sctp" or "dccp"). A range whose first port is above its last is empty, and
// so is the set for any other protocol.
func NewPorts(proto string, ranges ...Range) Ports {
	var b portsBuilder
	if p, ok := parseProtocol(proto); ok {
		for _, r := range ranges {
			b.add(p, r)
		}
	}
	return b.ports()
}

// Contains reports whether the port is in the set.
func (s Ports) Contains(proto string, port uint16) bool {
	p, ok := parseProtocol(proto)
	return ok && s.contains(p, port)
}

func (s Ports) contains(p protocol, port uint16) bool {
	_, found := slices.BinarySearchFunc(s.ranges[p], port, func(r Range, port uint16) int {
		switch {
		case r.Last < port:
			return -1
		case r.First > port:
			return 1
		default:
			return 0
		}
	})
	return found
}

// All yields the ports of one protocol in ascending order.
func (s Ports) All(proto string) iter.Seq[uint16] {
	return func(yield func(uint16) bool) {
		p, ok := parseProtocol(proto)
		if !ok {
			return
		}
		for _, r := range s.ranges[p] {
			for port := int(r.First); port <= int(r.Last); port++ {
				if !yield(uint16(port)) {
					return
				}
			}
		}
	}
}

// Ranges returns the ports of one protocol as the fewest ranges, ascending.
func (s Ports) Ranges(proto string) []Range {
	p, ok := parseProtocol(proto)
	if !ok {
		return nil
	}
	return slices.Clone(s.ranges[p])
}

// Len returns the number of ports of one protocol, 0 to 65536.
func (s Ports) Len(proto string) int {
	n := 0
	for _, r := range s.Ranges(proto) {
		n += int(r.Last) - int(r.First) + 1
	}
	return n
}

// Empty reports whether no port is in the set.
func (s Ports) Empty() bool { return s.protos() == 0 }

// Protos returns the protocols that have ports in the set, in the order tcp,
// udp, sctp, dccp.
func (s Ports) Protos() []string {
	var names []string
	for p := range protocols {
		if s.protos().has(p) {
			names = append(names, p.String())
		}
	}
	return names
}

func (s Ports) protos() protocolSet {
	var set protocolSet
	for p := range protocols {
		if len(s.ranges[p]) > 0 {
			set |= setOf(p)
		}
	}
	return set
}

// Equal reports whether both sets hold the same ports.
func (s Ports) Equal(other Ports) bool {
	for p := range protocols {
		if !slices.Equal(s.ranges[p], other.ranges[p]) {
			return false
		}
	}
	return true
}

// Union returns the ports that are in either set.
func (s Ports) Union(other Ports) Ports {
	var b portsBuilder
	b.addAll(s)
	b.addAll(other)
	return b.ports()
}

// Minus returns the ports of s that are not in other.
func (s Ports) Minus(other Ports) Ports {
	var out Ports
	for p := range protocols {
		out.ranges[p] = minus(s.ranges[p], other.ranges[p])
	}
	return out
}

func minus(from, holes []Range) []Range {
	var out []Range
	for _, r := range from {
		// int, because the port after 65535 must be above it.
		next := int(r.First)
		for _, hole := range holes {
			if int(hole.Last) < next || hole.First > r.Last {
				continue
			}
			if int(hole.First) > next {
				out = append(out, Range{uint16(next), hole.First - 1})
			}
			next = int(hole.Last) + 1
		}
		if next <= int(r.Last) {
			out = append(out, Range{uint16(next), r.Last})
		}
	}
	return out
}

// spans returns the ports of all protocols taken together.
func (s Ports) spans() []Range {
	return merge(slices.Concat(s.ranges[:]...))
}

// only returns the part of the set that belongs to the given protocols.
func (s Ports) only(protos protocolSet) Ports {
	for p := range protocols {
		if !protos.has(p) {
			s.ranges[p] = nil
		}
	}
	return s
}

// String returns the set as a port expression in canonical form: every
// protocol with its prefix, ports ascending, ranges merged
// ("T:22,80,8000-9000,U:53"). The empty set is "".
func (s Ports) String() string {
	var items []string
	for p := range protocols {
		for i, r := range s.ranges[p] {
			item := r.String()
			if i == 0 {
				item = letters[p:p+1] + ":" + item
			}
			items = append(items, item)
		}
	}
	return strings.Join(items, ",")
}

// portsBuilder collects ranges in any order.
type portsBuilder struct {
	ranges [protocols][]Range
}

func (b *portsBuilder) add(p protocol, r Range) {
	if r.First <= r.Last {
		b.ranges[p] = append(b.ranges[p], r)
	}
}

func (b *portsBuilder) addEach(protos protocolSet, r Range) {
	for p := range protocols {
		if protos.has(p) {
			b.add(p, r)
		}
	}
}

func (b *portsBuilder) addAll(s Ports) {
	for p := range protocols {
		b.ranges[p] = append(b.ranges[p], s.ranges[p]...)
	}
}

// ports returns the set of what was added; the builder must not be used again.
func (b *portsBuilder) ports() Ports {
	var s Ports
	for p := range protocols {
		s.ranges[p] = merge(b.ranges[p])
	}
	return s
}

// merge sorts ranges and joins those that touch or overlap, in place.
func merge(ranges []Range) []Range {
	slices.SortFunc(ranges, func(a, b Range) int { return int(a.First) - int(b.First) })
	out := ranges[:0]
	for _, r := range ranges {
		if n := len(out); n > 0 && int(r.First) <= int(out[n-1].Last)+1 {
			out[n-1].Last = max(out[n-1].Last, r.Last)
		} else {
			out = append(out, r)
		}
	}
	return out
}
