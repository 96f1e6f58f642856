package firewall

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"sort"

	"porthole/internal/firewall/ruleset"
)

// class is elements that do the same.
type class struct {
	element *ruleset.Element
	keys    set // of a set whose keys are one field of 16 bytes at most
}

// setIndex is a set prepared for lookups.
type setIndex struct {
	set      *ruleset.Set
	classes  []class
	classOf  []int // of each element
	order    []indexed
	single   bool // keys are one field, and classes have keys
	catchAll *ruleset.Element
	ports    map[int]*portCells // of keys with several fields: by where the port is
	all      []int              // every element
}

type indexed struct {
	span
	class int
}

func nativeWord(b []byte) uint32 {
	if len(b) < 4 {
		return 0
	}
	return binary.NativeEndian.Uint32(b)
}

func newSetIndex(s *ruleset.Set) *setIndex {
	x := &setIndex{set: s, single: len(s.Fields) < 2 && s.KeyLen <= 16, classOf: make([]int, len(s.Elements)), ports: map[int]*portCells{}}
	known := map[string]int{}
	for i := range s.Elements {
		e := &s.Elements[i]
		x.classOf[i] = -1
		if e.CatchAll {
			x.catchAll = e
			continue
		}
		if len(e.Key) == 0 || e.Last != nil && len(e.Last) != len(e.Key) || x.single && bytes.Compare(last(e), e.Key) < 0 {
			continue // nothing is between the two
		}
		n, ok := known[effect(e)]
		if !ok {
			n = len(x.classes)
			known[effect(e)] = n
			x.classes = append(x.classes, class{element: e})
		}
		x.classOf[i] = n
		if x.single {
			x.order = append(x.order, indexed{span{ofBytes(e.Key), ofBytes(last(e))}, n})
		}
	}
	x.sort()
	return x
}

// sort gives each class its keys, and puts all of them in order. Ranges of one
// class may overlap, as those of a multiport match do.
func (x *setIndex) sort() {
	spans := make([][]span, len(x.classes))
	for _, o := range x.order {
		spans[o.class] = append(spans[o.class], o.span)
	}
	x.order = x.order[:0]
	for i := range spans {
		x.classes[i].keys = setOf(spans[i])
		for _, s := range x.classes[i].keys {
			x.order = append(x.order, indexed{s, i})
		}
	}
	slices.SortFunc(x.order, func(a, b indexed) int { return a.first.compare(b.first) })
}

func last(e *ruleset.Element) []byte {
	if e.Last != nil {
		return e.Last
	}
	return e.Key
}

// effect tells apart elements that do different things.
func effect(e *ruleset.Element) string {
	if e.Verdict == nil && e.Object == "" && len(e.Exprs) == 0 {
		return string(e.Data)
	}
	text := fmt.Sprintf("%q %q", e.Data, e.Object)
	if e.Verdict != nil {
		text += fmt.Sprintf(" %d %q", e.Verdict.Code, e.Verdict.Chain)
	}
	for _, one := range e.Exprs {
		if _, harmless := one.(*ruleset.Note); !harmless {
			text += fmt.Sprintf(" %p", e) // what it counts is its own
		}
	}
	return text
}

// find gives the class of a key; -1 if there is none.
func (x *setIndex) find(n number) int {
	i := sort.Search(len(x.order), func(i int) bool { return n.less(x.order[i].first) }) - 1
	if i >= 0 && x.order[i].has(n) {
		return x.order[i].class
	}
	return -1
}

// index prepares a set for lookups, once.
func (ev *evaluator) index(s *ruleset.Set) *setIndex {
	if x := ev.sets[s]; x != nil {
		return x
	}
	x := newSetIndex(s)
	ev.sets[s] = x
	return x
}

// portCells parts the elements of a set by their ports: in each cell all ports
// meet the same ones. Without bounds there would be too many.
type portCells struct {
	bounds []uint32 // where cells begin, in order
	lists  [][]int
}

func newPortCells(x *setIndex, at int) *portCells {
	type ports struct{ first, last uint32 }
	spans := make([]ports, len(x.set.Elements))
	bounds := []uint32{0}
	for i := range x.set.Elements {
		e := &x.set.Elements[i]
		if len(e.Key) < at+2 || len(last(e)) < at+2 {
			spans[i] = ports{1, 0}
			continue
		}
		spans[i] = ports{uint32(binary.BigEndian.Uint16(e.Key[at:])), uint32(binary.BigEndian.Uint16(last(e)[at:]))}
		bounds = append(bounds, spans[i].first)
		if spans[i].last < 1<<16-1 {
			bounds = append(bounds, spans[i].last+1)
		}
	}
	slices.Sort(bounds)
	c := &portCells{bounds: slices.Compact(bounds)}
	c.lists = make([][]int, len(c.bounds))
	const most = 1 << 20 // entries of lists; beyond that all elements are looked at
	total := 0
	for i, s := range spans {
		first := sort.Search(len(c.bounds), func(i int) bool { return s.first <= c.bounds[i] })
		for n := first; n < len(c.bounds) && c.bounds[n] <= s.last && s.first <= s.last; n++ {
			c.lists[n] = append(c.lists[n], i)
			if total++; total > most {
				return &portCells{}
			}
		}
	}
	return c
}
