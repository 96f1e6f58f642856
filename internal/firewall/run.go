package firewall

import (
	"container/heap"
	"slices"

	"porthole/internal/firewall/ruleset"
)

// sourceRun is neighbouring rules that ask for nothing but the source, and end
// there: such as a list of blocked addresses. They are looked up together.
type sourceRun struct {
	rules []*compiled
	spans []indexed // disjoint and in order, with the first rule that has them
}

// runLeast is from how many rules on a run is worth it.
const runLeast = 8

func (c *compiled) sourceOnly() bool {
	s := c.simple
	if s == nil || s.onPort || !c.anyProto || len(s.conditions) != 1 || s.conditions[0].not {
		return false
	}
	return s.verdict.Code == ruleset.VerdictAccept || s.verdict.Code == ruleset.VerdictDrop || s.verdict.Code == ruleset.VerdictReturn
}

// newSourceRun finds the first rule for each address: it goes along the places
// where some rule's addresses begin or end.
func newSourceRun(rules []*compiled) *sourceRun {
	r := &sourceRun{rules: rules}
	var starts []indexed
	var bounds []number
	for i, c := range rules {
		for _, s := range c.simple.conditions[0].set {
			starts = append(starts, indexed{s, i})
			bounds = append(bounds, s.first)
			if next := s.last.next(); next != (number{}) {
				bounds = append(bounds, next)
			}
		}
	}
	order := func(a, b number) int {
		if a.less(b) {
			return -1
		}
		if b.less(a) {
			return 1
		}
		return 0
	}
	slices.SortFunc(starts, func(a, b indexed) int { return order(a.first, b.first) })
	slices.SortFunc(bounds, order)
	bounds = slices.Compact(bounds)
	var open openSpans
	for i, from := range bounds {
		for len(starts) > 0 && starts[0].first == from {
			heap.Push(&open, starts[0])
			starts = starts[1:]
		}
		for len(open) > 0 && open[0].last.less(from) {
			heap.Pop(&open)
		}
		if len(open) == 0 {
			continue
		}
		to := number{}.not()
		if i+1 < len(bounds) {
			to = bounds[i+1].prev()
		}
		r.spans = append(r.spans, indexed{span{from, lesser(to, open[0].last)}, open[0].class})
	}
	return r
}

// openSpans is a heap: the first rule is on top.
type openSpans []indexed

func (o openSpans) Len() int           { return len(o) }
func (o openSpans) Less(i, j int) bool { return o[i].class < o[j].class }
func (o openSpans) Swap(i, j int)      { o[i], o[j] = o[j], o[i] }
func (o *openSpans) Push(x any)        { *o = append(*o, x.(indexed)) }
func (o *openSpans) Pop() any {
	old := *o
	last := old[len(old)-1]
	*o = old[:len(old)-1]
	return last
}

// walkRun takes all groups of a chain through a run.
func (ev *evaluator) walkRun(f *flock, r *sourceRun, at place) {
	for _, g := range f.active() {
		changed := at.answer || slices.ContainsFunc(g.boxes, func(b box) bool { return b.env.sourceWhy != nil })
		if changed { // their source is not what is looked up
			for _, c := range r.rules {
				ev.applyWhole(g, c, at)
			}
			continue
		}
		ev.spend(len(r.spans))
		var rest []box
		for _, b := range g.boxes {
			rest = append(rest, ev.runSources(g, r, b, at)...)
		}
		g.boxes = rest
		ev.bound(g, &g.boxes)
	}
}

// applyWhole runs a rule that does not ask for the port on a group.
func (ev *evaluator) applyWhole(g *group, c *compiled, at place) {
	m := machine{ev: ev, at: at, rule: c, port: uint16(g.ports[0].first.low), ports: g.ports}
	for _, b := range g.boxes {
		m.run(c.program, b, &registers{})
	}
	ev.settleRule(g, &m, 0)
}

// runSources takes a box through a run, and returns what goes on behind it.
func (ev *evaluator) runSources(g *group, r *sourceRun, b box, at place) (rest []box) {
	hits := map[int][]span{}
	var order []int
	var left set
	next := 0
	for _, s := range b.dim[dimSource] {
		for next < len(r.spans) && r.spans[next].last.less(s.first) {
			next++
		}
		from, whole := s.first, false
		for i := next; i < len(r.spans) && !s.last.less(r.spans[i].first); i++ {
			one := r.spans[i]
			if from.less(one.first) {
				left = append(left, span{from, one.first.prev()})
			}
			if hits[one.class] == nil {
				order = append(order, one.class)
			}
			hits[one.class] = append(hits[one.class], span{greater(one.first, s.first), lesser(one.last, s.last)})
			if from = one.last.next(); !one.last.less(s.last) {
				whole = true
				break
			}
		}
		if !whole {
			left = append(left, span{from, s.last})
		}
	}
	slices.Sort(order)
	for _, i := range order {
		m := machine{ev: ev, at: at, rule: r.rules[i], port: uint16(g.ports[0].first.low), ports: g.ports}
		m.end(b.with(dimSource, setOf(hits[i])), r.rules[i].simple.verdict)
		boxes := g.boxes
		ev.settleRule(g, &m, 0)
		g.boxes = boxes
	}
	if len(left) == 0 {
		return nil
	}
	return []box{b.with(dimSource, left)}
}
