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
	separate, ok := separateDoubts(doubts)
	if !ok {
		return []outcome{all(list)}
	}
	return append(sure, separate...)
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

// separateDoubts adds one outcome after the other to those that are disjoint, and
// parts both where they meet. It fails if they become too many.
func separateDoubts(doubts []outcome) (separate []outcome, ok bool) {
	for _, o := range doubts {
		if len(separate) > piecesMost {
			return nil, false
		}
		rest := []box{o.box}
		var next []outcome
		for _, old := range separate {
			var after []box
			whole := true
			for _, b := range rest {
				common, ok := old.box.and(&b)
				if !ok {
					after = append(after, b)
					continue
				}
				whole = false
				both := contradict(old, o)
				both.box.dim = common.dim
				next = append(next, both)
				after = append(after, b.minus(&common)...)
			}
			if whole {
				next = append(next, old)
				continue
			}
			left := []box{old.box}
			for _, b := range rest {
				var still []box
				for _, l := range left {
					still = append(still, l.minus(&b)...)
				}
				left = still
			}
			for _, l := range left {
				part := old
				part.box = l
				next = append(next, part)
			}
			rest = after
		}
		for _, b := range rest {
			part := o
			part.box = b
			next = append(next, part)
		}
		separate = next
	}
	return separate, true
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
