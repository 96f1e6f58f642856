package firewall

import (
	"net/netip"
	"slices"
)

// resolve makes outcomes disjoint. Packets in doubt have several: if these are
// the same that is what becomes of them, else it cannot be told.
func resolve(list []outcome) []outcome {
	var sure, doubts []outcome
	for _, o := range list {
		if o.box.why == nil {
			sure = append(sure, o)
		} else {
			doubts = append(doubts, o)
		}
	}
	if len(doubts) == 0 {
		return sure
	}
	if doubts = distinct(doubts); len(doubts) > doubtsMost {
		return []outcome{all(list)}
	}
	parts, ok := disjoint(doubts)
	if !ok {
		return []outcome{all(list)}
	}
	return append(sure, parts...)
}

// distinct leaves out outcomes whose packets another one has, with the same end.
func distinct(doubts []outcome) (list []outcome) {
	type end struct {
		kind    kind
		either  bool // a drop that may be a reject, or the other way round
		landing netip.AddrPort
	}
	byEnd := map[end][]int{}
	for _, o := range doubts {
		e := end{o.kind, o.why != nil, o.box.landing()}
		covered := slices.ContainsFunc(byEnd[e], func(i int) bool { return o.box.within(&list[i].box) })
		if !covered {
			byEnd[e] = append(byEnd[e], len(list))
			list = append(list, o)
		}
	}
	return list
}

// within reports whether all packets of a box are among those of another one.
func (b *box) within(c *box) bool {
	for d := range dimensions {
		if !b.dim[d].within(c.dim[d]) {
			return false
		}
	}
	return true
}

// all is the packets of all outcomes as one that cannot be told.
func all(list []outcome) outcome {
	o := outcome{box: list[0].box, kind: kindUnknown}
	for i := range list {
		for d := range dimensions {
			o.box.dim[d] = o.box.dim[d].or(list[i].box.dim[d])
		}
		if o.why == nil {
			o.why = list[i].box.why
		}
	}
	return o
}

const (
	// doubtsMost is the most outcomes in doubt that are compared with each other.
	doubtsMost = 1 << 9
	// piecesMost is the most disjoint outcomes that they are parted into.
	piecesMost = 1 << 12
)

// disjoint parts outcomes in doubt where they meet, so that no two have a packet in
// common. It reports false if the parts become too many.
func disjoint(doubts []outcome) (parts []outcome, ok bool) {
	for _, o := range doubts {
		if len(parts) > piecesMost {
			return nil, false
		}
		rest := []box{o.box} // what no earlier one has
		var next []outcome
		for _, old := range parts {
			var met []outcome
			met, rest = meet(old, o, rest)
			next = append(next, met...)
		}
		parts = append(next, o.of(rest)...)
	}
	return parts, true
}

// meet parts old where it meets rest, the boxes of o that are left. It returns the parts,
// of which those in common have the outcome of both, and what is left of o after that.
func meet(old, o outcome, rest []box) (parts []outcome, left []box) {
	for _, b := range rest {
		common, ok := old.box.and(&b)
		if !ok {
			left = append(left, b)
			continue
		}
		both := contradict(old, o)
		both.box.dim = common.dim
		parts = append(parts, both)
		left = append(left, b.minus(&common)...)
	}
	if len(parts) == 0 {
		return []outcome{old}, left
	}
	alone := []box{old.box}
	for _, b := range rest {
		var still []box
		for _, a := range alone {
			still = append(still, a.minus(&b)...)
		}
		alone = still
	}
	return append(parts, old.of(alone)...), left
}

// of returns the outcome once for each of the boxes.
func (o outcome) of(boxes []box) (parts []outcome) {
	for _, b := range boxes {
		o.box = b
		parts = append(parts, o)
	}
	return parts
}

// contradict is what becomes of packets that have two outcomes.
func contradict(a, b outcome) outcome {
	aBlocked, bBlocked := a.kind == kindDrop || a.kind == kindReject, b.kind == kindDrop || b.kind == kindReject
	switch {
	case a.kind == kindUnknown:
		return a
	case b.kind == kindUnknown:
		return b
	case a.kind == b.kind && !aBlocked:
		if a.box.landing() != b.box.landing() {
			a.why = a.box.why
		}
		return a
	case aBlocked && bBlocked:
		switch { // a why says that it may be the other of the two
		case a.why == nil && b.why != nil:
			a.kind, a.why = kindDrop, b.why
		case a.why == nil && a.kind != b.kind:
			a.kind, a.why = kindDrop, a.box.why
		}
		return a
	}
	return outcome{box: a.box, kind: kindUnknown, why: a.box.why, by: a.by}
}
