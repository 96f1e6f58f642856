package firewall

import (
	"net/netip"
	"slices"

	"porthole/internal/firewall/ruleset"
)

// dimension is what packets of one question differ in.
type dimension int

const (
	dimSource     dimension = iota // source address
	dimSourcePort                  // source port
	dimEntry                       // where they come in: an index in entries
	dimDest                        // destination address, as it was sent
	dimOrigin                      // behind other namespaces: the entry into the first, from 1; else 0
	dimAsked                       // behind other namespaces: the destination that the first was asked for
	dimensions
)

// box is packets: those with a value of each dimension's set. They have the
// same marks and translations, and have met the same verdicts.
type box struct {
	dim   [dimensions]set
	state *packetState
	// why is not nil if it cannot be told whether these packets come here at
	// all. Then another box with the same packets is elsewhere.
	why *Reason
	by  *Decision // what let them pass so far; nil if only policies did
}

// packetState is what has been done to packets. It is a value to compare.
type packetState struct {
	mark, ctMark       uint32
	markWhy, ctMarkWhy *Reason // not nil if it cannot be told

	dest      netip.Addr // translated; the zero Addr if not
	destPort  uint16     // translated; 0 if not
	sourceWhy *Reason    // the source was changed: to what is not followed
	destNAT   bool       // ct status dnat
	destDone  bool       // the connection's destination was decided
	sourceNAT bool

	untracked           bool
	out                 int      // the interface that it leaves by, as an index of the kernel's; 0 if none
	answerIn, answerOut int      // of an answer: the interfaces that it comes and leaves by; 0 if none
	limited             *Reason  // a limit that ordinary traffic is below
	addedTo             *setList // sets that the packets were added to
	otherWhy            *Reason  // something else was set, such as the type of the packet

	to netip.AddrPort // where they were led to, into another namespace
}

// setList is a list of sets.
type setList struct {
	set  *ruleset.Set
	next *setList
}

func (l *setList) has(s *ruleset.Set) bool {
	for ; l != nil; l = l.next {
		if l.set == s {
			return true
		}
	}
	return false
}

// with returns the box with one set changed.
func (b box) with(d dimension, s set) box {
	b.dim[d] = s
	return b
}

// doubt returns the box as one whose packets may be elsewhere.
func (b box) doubt(why *Reason) box {
	if b.why == nil {
		b.why = why
	}
	return b
}

// alter returns the box with something done to its packets.
func (b box) alter(change func(*packetState)) box {
	e := *b.state
	change(&e)
	if e != *b.state {
		b.state = &e
	}
	return b
}

func (b *box) alike(c *box) bool {
	return (b.state == c.state || *b.state == *c.state) && b.by == c.by && b.why == c.why
}

// split parts a box by whether a dimension is in a set.
func (b box) split(d dimension, s set) (in, out box, hasIn, hasOut bool) {
	with := b.dim[d].and(s)
	if len(with) == 0 {
		return box{}, b, false, true
	}
	if with.same(b.dim[d]) {
		return b, box{}, true, false
	}
	return b.with(d, with), b.with(d, b.dim[d].minus(s)), true, true
}

// ofEntry is the packets of a box that came in by an entry; ok is false if there are
// none.
func (b box) ofEntry(i int) (in box, ok bool) {
	in, _, ok, _ = b.split(dimEntry, setOfIndex(i))
	return in, ok
}

// minus is the parts of b that are not in c, whatever has been done to them.
func (b box) minus(c *box) (parts []box) {
	for d := range dimensions {
		if !b.dim[d].meets(c.dim[d]) {
			return []box{b}
		}
	}
	for d := range dimensions {
		in, out, hasIn, hasOut := b.split(d, c.dim[d])
		if hasOut {
			parts = append(parts, out)
		}
		if !hasIn {
			return parts
		}
		b = in
	}
	return parts
}

// and is the packets of both, with the state of b.
func (b box) and(c *box) (both box, ok bool) {
	for d := range dimensions {
		if b.dim[d] = b.dim[d].and(c.dim[d]); len(b.dim[d]) == 0 {
			return b, false
		}
	}
	return b, true
}

// mergeMost is the most boxes that are compared with each other to join some.
const mergeMost = 24

// merge joins two lists of boxes, and boxes of them that differ in one
// dimension only. Boxes in doubt may overlap; of two that are the same one is
// left.
func merge(a, b []box) []box {
	all := slices.Concat(a, b)
	if len(all) > mergeMost {
		return all
	}
	for again := true; again; {
		again = false
		for i := 0; i < len(all) && !again; i++ {
			for j := i + 1; j < len(all) && !again; j++ {
				if joined, ok := join(&all[i], &all[j]); ok {
					all[i] = joined
					all = slices.Delete(all, j, j+1)
					again = true
				}
			}
		}
	}
	return all
}

// join makes one box of two, if that is the same packets.
func join(a, b *box) (box, bool) {
	doubtful := a.why != nil && b.why != nil
	if !a.alike(b) && !(doubtful && a.state == b.state && a.by == b.by) {
		return box{}, false
	}
	differs := dimension(-1)
	for d := range dimensions {
		if a.dim[d].same(b.dim[d]) {
			continue
		}
		if differs >= 0 {
			return box{}, false
		}
		differs = d
	}
	if differs < 0 {
		return *a, true
	}
	return a.with(differs, a.dim[differs].or(b.dim[differs])), true
}
