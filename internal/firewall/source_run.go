package firewall

import (
	"cmp"
	"container/heap"
	"math/bits"
	"slices"
	"sort"

	"porthole/internal/firewall/ruleset"
)

// readyChain is a chain whose rules are compiled.
type readyChain struct {
	rules   []*compiled // without those that have no effect
	sources []*compiled // of these, those that ask for the source only
	runs    map[[2]int]*sourceRun
}

func (ev *evaluator) readyChain(c *ruleset.Chain) *readyChain {
	ready := ev.ready[c]
	if ready == nil {
		ready = &readyChain{runs: map[[2]int]*sourceRun{}}
		for _, r := range c.Rules {
			if one := ev.compile(r); !one.inert {
				ready.rules = append(ready.rules, one)
				if one.onlySource {
					ready.sources = append(ready.sources, one)
				}
			}
		}
		ev.ready[c] = ready
	}
	return ready
}

// run is some of the rules that ask for the source only: those from an index on, and none
// from the index to on. Its length is a power of two and its first index a multiple of
// that, so that few different runs are made.
func (c *readyChain) run(from, to int) *sourceRun {
	length := 1 << (bits.Len(uint(to-from)) - 1)
	for from%length != 0 {
		length /= 2
	}
	key := [2]int{from, length}
	r := c.runs[key]
	if r == nil {
		r = newSourceRun(c.sources[from : from+length])
		c.runs[key] = r
	}
	return r
}

// catchUp applies to a group the rules that are behind it, ask for the source only
// and were not applied yet. There may be many in a row, such as a list of blocked
// addresses.
func (ev *evaluator) catchUp(f *groupList, g *group, at position) {
	for top := g.top(); top.met < f.passed; {
		run := f.chain.run(top.met, f.passed)
		top.met += len(run.rules)
		ev.applyRun(g, run, at)
	}
}

// sourceRun is rules that ask for nothing but the source, and end there, so that
// they can be looked up together.
type sourceRun struct {
	rules []*compiled
	spans []indexed // disjoint and in order, with the first rule that has them; those of one rule do not touch
}

func (c *compiled) asksOnlySource() bool {
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
	slices.SortFunc(starts, func(a, b indexed) int { return a.first.compare(b.first) })
	slices.SortFunc(bounds, number.compare)
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
		one := indexed{span{from, lesser(to, open[0].last)}, open[0].class}
		if n := len(r.spans); n > 0 && r.spans[n-1].class == one.class && r.spans[n-1].last.next() == from {
			r.spans[n-1].last = one.last
		} else {
			r.spans = append(r.spans, one)
		}
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

// applyRun takes a group through a run.
func (ev *evaluator) applyRun(g *group, r *sourceRun, at position) {
	if len(g.boxes) == 0 {
		return
	}
	changed := at.answer || slices.ContainsFunc(g.boxes, func(b box) bool { return b.state.sourceWhy != nil })
	if changed { // their source is not what is looked up
		for _, c := range r.rules {
			ev.applyWhole(g, c, at)
		}
		return
	}
	ev.spend(len(r.spans))
	var rest []box
	for _, b := range g.boxes {
		rest = append(rest, ev.runSources(g, r, b, at)...)
	}
	g.boxes = rest
	ev.bound(g, &g.boxes)
}

// applyWhole runs a rule that does not ask for the port on a group.
func (ev *evaluator) applyWhole(g *group, c *compiled, at position) {
	m := machine{ev: ev, at: at, rule: c, port: uint16(g.ports[0].first.low), ports: g.ports}
	for _, b := range g.boxes {
		m.run(c.program, b, &registers{})
	}
	ev.applyEndings(g, &m, 0)
}

// runSources takes a box through a run, and returns what goes on behind it.
func (ev *evaluator) runSources(g *group, r *sourceRun, b box, at position) (rest []box) {
	hits, left := r.split(b.dim[dimSource])
	slices.SortStableFunc(hits, func(a, b indexed) int { return cmp.Compare(a.class, b.class) })
	g.log.list = slices.Grow(g.log.list, min(len(hits), len(r.rules)))
	spans := make(set, len(hits))
	for i, h := range hits {
		spans[i] = h.span
	}
	for from, to := 0, 0; from < len(hits); from = to {
		for to < len(hits) && hits[to].class == hits[from].class {
			to++
		}
		c := r.rules[hits[from].class]
		m := machine{ev: ev, at: at, rule: c}
		m.end(b.with(dimSource, spans[from:to:to]), c.simple.verdict)
		boxes := g.boxes
		ev.applyEndings(g, &m, 0)
		g.boxes = boxes
	}
	if len(left) == 0 {
		return nil
	}
	return []box{b.with(dimSource, left)}
}

// split gives what of a set each rule of a run has, and what none has.
func (r *sourceRun) split(s set) (hits []indexed, left set) {
	at := func(n number) int {
		return sort.Search(len(r.spans), func(i int) bool { return !r.spans[i].last.less(n) })
	}
	spans := r.spans[at(s[0].first):]
	between := min(at(s[len(s)-1].last)+1, len(r.spans)) - (len(r.spans) - len(spans))
	hits, left = make([]indexed, 0, between), make(set, 0, len(s)+between)
	for _, one := range s {
		for len(spans) > 0 && spans[0].last.less(one.first) {
			spans = spans[1:]
		}
		from, whole := one.first, false
		for _, hit := range spans {
			if one.last.less(hit.first) {
				break
			}
			if from.less(hit.first) {
				left = append(left, span{from, hit.first.prev()})
			}
			hits = append(hits, indexed{span{greater(hit.first, one.first), lesser(hit.last, one.last)}, hit.class})
			if from = hit.last.next(); !hit.last.less(one.last) {
				whole = true
				break
			}
		}
		if !whole {
			left = append(left, span{from, one.last})
		}
	}
	return hits, left
}
