package bpfiter

import (
	"bytes"
	"encoding/binary"
	"math"
)

// The number of a function is its position among all types, and walking over sixty
// thousand of them takes most of the time that it takes to load the iterators. There is
// a shorter way: pahole, which writes the types of a kernel, puts the functions in the
// order of their names, and behind each one that programs may call a declaration tag
// with its number. So a function is found by bisection, and its number by counting from
// the tags around it. Where that fails the walk goes on. A wrong number would be that
// of another function, and load refuses a program that is attached to another one.

// kindTag is struct btf_decl_tag: behind a common type the number of the part that is
// tagged, which is -1 for the whole.
const kindTag = 17

// tagged is types among which functions may have tags.
type tagged struct {
	types, names []byte
	lengths      [32]length
}

// numberByTags looks for functions and reports whether it found them all.
func numberByTags(types, names []byte, wanted []*want) bool {
	first := wanted[0].name
	for _, w := range wanted {
		first = min(first, w.name)
	}
	t := tagged{types, names, lengths()}
	return t.count(t.before(first), wanted)
}

// before bisects for an offset before the function of that name and near it.
func (t *tagged) before(name string) int {
	const near = 4 << 10 // bytes
	low, high := 0, len(t.types)
	for high-low > near {
		middle := low + (high-low)/2
		at := t.boundary(middle)
		if at >= high || t.function(at) >= name {
			high = middle
		} else {
			low = at
		}
	}
	return low
}

// count walks on from an offset. It notes the positions of the functions, and what
// each tag says about the number of the first type. All tags have to agree.
func (t *tagged) count(at int, wanted []*want) bool {
	const far, enough = 2000, 8 // types, tags
	order := binary.NativeEndian
	found := make(map[*want]int)
	function, base, tags := -1, uint32(0), 0
	for position := range far {
		kind, name, next := t.next(at)
		switch kind {
		case 0:
			return false
		case kindFunc:
			function = position
			for _, w := range wanted {
				if isName(t.names, name, w.name) {
					found[w] = position
				}
			}
		case kindTag:
			number, whole := order.Uint32(t.types[at+8:]), order.Uint32(t.types[at+12:]) == math.MaxUint32
			if function < 0 || !whole {
				break
			}
			if says := number - uint32(function); tags > 0 && says != base {
				return false
			} else {
				base, tags = says, tags+1
			}
		default:
			function = -1 // a tag that follows is of another type
		}
		if len(found) == len(wanted) && tags >= enough {
			for w, position := range found {
				w.take(base+uint32(position), nil, t.names, false)
			}
			return true
		}
		at = next
	}
	return false
}

// function is the name of the function at an offset or soon after it; "" if there is
// none, as among the structs, which come before the functions.
func (t *tagged) function(at int) string {
	const soon, longest = 64, 256
	for range soon {
		kind, name, next := t.next(at)
		switch kind {
		case 0:
			return ""
		case kindFunc:
			text, _, _ := bytes.Cut(t.names[name:min(len(t.names), int(name)+longest)], []byte{0})
			return string(text)
		}
		at = next
	}
	return ""
}

// boundary returns the offset of a type, not far behind any offset. Nothing marks where
// one begins: it is where many follow each other.
func (t *tagged) boundary(at int) int {
	const many = 32
	follow := func(at int) bool {
		for range many {
			if at == len(t.types) {
				return true
			}
			kind, _, next := t.next(at)
			if kind == 0 {
				return false
			}
			at = next
		}
		return true
	}
	for at &^= 3; at < len(t.types) && !follow(at); at += 4 {
	}
	return at
}

// next reads the type at an offset, and returns the offset of the next one. The kind is
// 0 if there can be no type.
func (t *tagged) next(at int) (kind, name uint32, next int) {
	const unused = 0x60ff0000 // bits of the second word
	order := binary.NativeEndian
	if at+typeLen > len(t.types) {
		return 0, 0, 0
	}
	name, info := order.Uint32(t.types[at:]), order.Uint32(t.types[at+4:])
	kind = info >> 24 & 0x1f
	length := t.lengths[kind]
	next = at + int(length.fixed+length.each*(info&0xffff))
	if length.fixed == 0 || info&unused != 0 || int64(name) >= int64(len(t.names)) || next > len(t.types) {
		return 0, 0, 0
	}
	return kind, name, next
}
