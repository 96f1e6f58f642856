package bpfiter

import (
	"bytes"
	"encoding/binary"
	"math"
)

// Of late the tool that writes the types of a kernel (pahole) puts its
// functions in the order of their names, and behind those that programs may call
// a tag which names their number. So a function is found by halving, and its
// number by counting from the tags around it, in a hundredth of the time that it
// takes to count from the first type (BenchmarkNumbers). Where that does not work
// out there are other ways; if the numbers were wrong nevertheless, they would be of
// other functions, and load refuses what is attached to those.

// kindTag is that of struct btf_decl_tag: type, and one number behind it.
const kindTag = 17

// tagged looks for functions, and tells whether it found them all.
func tagged(types, names []byte, wanted []*want) (ok bool) {
	c := newCounter(types, names, wanted)
	first := wanted[0].name
	for _, w := range wanted {
		first = min(first, w.name)
	}
	return c.count(c.halve(first))
}

// halve finds a place before the function of that name and not far from it.
func (c *counter) halve(name string) uint32 {
	const near = 4 << 10
	low, high := uint32(0), uint32(len(c.types))
	for high-low > near {
		middle := low + (high-low)/2
		at := c.settle(middle)
		if at >= high || c.function(at) >= name {
			high = middle
		} else {
			low = at
		}
	}
	return low
}

// function is the name of the next one; "" if there is none nearby, as among the
// structs, which come before.
func (c *counter) function(at uint32) string {
	const nearby, longest = 64, 256
	order := binary.NativeEndian
	for range nearby {
		if int(at)+typeLen > len(c.types) {
			break
		}
		info := order.Uint32(c.types[at+4:])
		if start := order.Uint32(c.types[at:]); info>>24&0x1f == kindFunc && int(start) < len(c.names) {
			name, _, _ := bytes.Cut(c.names[start:min(len(c.names), int(start)+longest)], []byte{0})
			return string(name)
		}
		at += c.length(info)
	}
	return ""
}

// count walks on from a place: it notes where the wanted functions are, and by
// each tag what number the types there have.
func (c *counter) count(at uint32) (ok bool) {
	const far, enough = 2000, 8 // types, tags
	order := binary.NativeEndian
	var l lane
	base, tags, last := uint32(0), 0, uint32(math.MaxUint32) // last: function, but for its tags
	for l.at = at; l.before < far && int(l.at)+typeLen+4 <= len(c.types); {
		switch order.Uint32(c.types[l.at+4:]) >> 24 & 0x1f {
		case kindFunc:
			last = l.before
		case kindTag:
			number, whole := order.Uint32(c.types[l.at+8:]), order.Uint32(c.types[l.at+12:]) == math.MaxUint32
			if last == math.MaxUint32 || !whole {
				break // of an argument, or of another type
			}
			if tags > 0 && number-last != base {
				return false
			}
			base = number - last
			tags++
		default:
			last = math.MaxUint32
		}
		c.step(&l)
		if len(l.found) == len(c.wanted) && tags >= enough {
			return c.keep(l.found, base)
		}
	}
	return false
}

// keep gives the functions their numbers, if each was found once.
func (c *counter) keep(found []hit, base uint32) bool {
	for i, h := range found {
		for _, other := range found[:i] {
			if other.want == h.want {
				return false
			}
		}
	}
	for _, h := range found {
		h.want.take(base+h.before, nil, c.names, false)
	}
	return true
}
