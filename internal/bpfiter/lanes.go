package bpfiter

import (
	"encoding/binary"
	"slices"
)

// A type has no number but its place among all, and begins where the one before
// ends: to number a function is to follow sixty thousand lengths, and before each
// the processor waits for the last. Functions come late, so where tags do not lead
// to them their search follows four lanes at once, which takes 0.17 ms where one
// takes 0.4. Where a lane begins is a guess, which holds if the lane before comes to
// the same place.

// laneParts is into how many parts the types are divided: three for the first
// lanes and the rest for the last, which begins where functions may be expected.
const laneParts = 6

// lane is where a search is.
type lane struct {
	at, end uint32 // in the types, in bytes
	before  uint32 // how many types it passed
	found   []hit
}

// hit is a wanted function in a lane, with how many types the lane has before it.
type hit struct {
	want   *want
	before uint32
}

// counter follows lanes.
type counter struct {
	types, names []byte
	wanted       []*want // functions
	starts       starts
	lengths      [32]length
}

func newCounter(types, names []byte, wanted []*want) *counter {
	c := &counter{types, names, wanted, startsOf(wanted), lengths()}
	for kind := range c.lengths {
		if c.lengths[kind].fixed == 0 {
			c.lengths[kind].fixed = 1 << 28 // beyond every end
		}
	}
	return c
}

// number looks for functions from a type on that has the number id, and tells
// whether it found them all.
func number(types, names []byte, at, id uint32, wanted []*want) (ok bool) {
	c := newCounter(types, names, wanted)
	if len(types) > 1<<28 || len(types)-int(at) < 1<<16 {
		return false // not worth it
	}
	var lanes [4]lane
	end := uint32(len(types)) - typeLen + 1
	for i := range lanes {
		lanes[i].at = at
		at = c.settle(at + (uint32(len(types))-at)/uint32(laneParts-i))
		lanes[i].end = min(at, end)
	}
	last := &lanes[len(lanes)-1]
	last.end = end
	c.follow(&lanes)
	left := slices.Clone(wanted)
	for i := range lanes {
		l := &lanes[i]
		for l.at < l.end && (l != last || len(l.found) < len(left)) {
			c.step(l)
		}
		if l != last && l.at != l.end {
			return false
		}
		for _, h := range l.found {
			if i := slices.Index(left, h.want); i >= 0 {
				left = slices.Delete(left, i, i+1)
				h.want.take(id+h.before, nil, names, false)
			}
		}
		id += l.before
	}
	return len(left) == 0
}

// settle guesses where a type begins, at some place or after it: there are many
// in a row that could be types.
func (c *counter) settle(at uint32) uint32 {
	for at &^= 3; int(at) < len(c.types) && !c.plausible(at); at += 4 {
	}
	return at
}

func (c *counter) plausible(at uint32) bool {
	const enough, unused = 32, 0x60ff0000
	order := binary.NativeEndian
	for range enough {
		if int(at)+typeLen > len(c.types) {
			return int(at) == len(c.types)
		}
		info := order.Uint32(c.types[at+4:])
		if info&unused != 0 || int(order.Uint32(c.types[at:])) >= len(c.names) {
			return false
		}
		at += c.length(info)
	}
	return true
}

func (c *counter) length(info uint32) uint32 {
	l := c.lengths[info>>24&0x1f]
	return l.fixed + l.each*(info&0xffff)
}

// follow goes through all lanes until one of them ends.
func (c *counter) follow(lanes *[4]lane) {
	order := binary.NativeEndian
	types, n := c.types, uint32(0)
	at0, at1, at2, at3 := lanes[0].at, lanes[1].at, lanes[2].at, lanes[3].at
	end0, end1, end2, end3 := lanes[0].end, lanes[1].end, lanes[2].end, lanes[3].end
	for at0 < end0 && at1 < end1 && at2 < end2 && at3 < end3 {
		info0, info1 := order.Uint32(types[at0+4:]), order.Uint32(types[at1+4:])
		info2, info3 := order.Uint32(types[at2+4:]), order.Uint32(types[at3+4:])
		if info0>>24&0x1f == kindFunc {
			c.look(&lanes[0], at0, n)
		}
		if info1>>24&0x1f == kindFunc {
			c.look(&lanes[1], at1, n)
		}
		if info2>>24&0x1f == kindFunc {
			c.look(&lanes[2], at2, n)
		}
		if info3>>24&0x1f == kindFunc {
			c.look(&lanes[3], at3, n)
		}
		at0, at1, at2, at3 = at0+c.length(info0), at1+c.length(info1), at2+c.length(info2), at3+c.length(info3)
		n++
	}
	for i, at := range [...]uint32{at0, at1, at2, at3} {
		lanes[i].at, lanes[i].before = at, n
	}
}

// step goes to the next type of one lane.
func (c *counter) step(l *lane) {
	info := binary.NativeEndian.Uint32(c.types[l.at+4:])
	if info>>24&0x1f == kindFunc {
		c.look(l, l.at, l.before)
	}
	l.at += c.length(info)
	l.before++
}

// look keeps the function at a place if it is wanted.
func (c *counter) look(l *lane, at, before uint32) {
	name := binary.NativeEndian.Uint32(c.types[at:])
	if c.starts.has(c.names, name) {
		c.compare(l, name, before)
	}
}

func (c *counter) compare(l *lane, name, before uint32) {
	for _, w := range c.wanted {
		if isName(c.names, name, w.name) {
			l.found = append(l.found, hit{w, before})
		}
	}
}
