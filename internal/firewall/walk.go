package firewall

import (
	"slices"

	"porthole/internal/firewall/ruleset"
)

// group is packets to ports that have met the same so far. They travel through
// the chains together until a rule tells their ports apart.
type group struct {
	ports   set   // that were asked about
	boxes   []box // that go on in the chain at hand
	passed  []box // that the base chain at hand accepted
	frames  []frame
	second  []box     // that wait to go through a hook in another order of its chains
	later   []box     // that are for the host itself, while others are forwarded
	todo    []arrival // that are on the way into other namespaces
	arrived []box     // that another namespace accepted
	log     *log
	moved   bool // some packets no longer go to the port that was asked about
}

// frame is a chain that is being walked, as of the packets in it.
type frame struct {
	returned []box    // that came back from the chain before its end
	waiting  []box    // that did not enter it
	todo     []ending // other jumps of the rule that led here
	met      int      // how many of the chain's rules that ask for the source only were applied
}

// log is what has been decided, as a list that groups share as long as they
// travelled together: what the parent had decided when they parted, then list.
type log struct {
	parent *log
	before int // length of the parent's list when they parted
	list   []outcome
	kinds  kindSet // of all, with the parent's
}

// outcome is packets that were decided about.
type outcome struct {
	box  box
	kind kind
	by   *Decision
	why  *Reason // of kindUnknown
}

// all is every outcome of a log, with those of its parents.
func (l *log) all() []outcome {
	var parts [][]outcome
	for before := -1; l != nil; before, l = l.before, l.parent {
		part := l.list
		if before >= 0 { // the group parted with its parent there
			part = part[:before]
		}
		parts = append(parts, part)
	}
	return slices.Concat(parts...)
}

// kind is what becomes of packets.
type kind uint8

const (
	kindAccept kind = iota
	kindDrop
	kindReject
	kindUnknown
	kindUnasked // packets that do not come from outside, or cannot be answered
)

func (k kind) verdict() Verdict {
	switch k {
	case kindAccept:
		return VerdictAccept
	case kindReject:
		return VerdictReject
	case kindUnknown:
		return VerdictUnknown
	}
	return VerdictDrop
}

// kindSet is kinds as bits; doubtful is for boxes that are in doubt.
type kindSet uint8

const doubtful kindSet = 1 << 7

func (g *group) decide(o outcome) {
	g.log.kinds |= 1 << o.kind
	if o.box.why != nil {
		g.log.kinds |= doubtful
	}
	g.log.list = append(g.log.list, o)
}

// part takes some ports out of a group, and returns them as one of their own.
func (g *group) part(ports set) *group {
	if ports.same(g.ports) {
		other := *g
		g.ports = nil
		return &other
	}
	g.ports = g.ports.minus(ports)
	return &group{ports: ports, boxes: g.boxes, passed: g.passed, frames: slices.Clone(g.frames), moved: g.moved, second: g.second, later: g.later, todo: g.todo, arrived: g.arrived,
		log: &log{parent: g.log, before: len(g.log.list), kinds: g.log.kinds}}
}

func (g *group) top() *frame { return &g.frames[len(g.frames)-1] }

func (g *group) pop() frame {
	f := *g.top()
	g.frames = slices.Clip(g.frames[:len(g.frames)-1])
	return f
}

const (
	// depthMost is how deep the kernel lets chains call each other
	// (NFT_JUMP_STACK_SIZE).
	depthMost = 16
	// boxesMost is up to how many boxes packets to one port are parted into.
	boxesMost = 1 << 13
	// stepsMost bounds the work of one evaluation. A step is one expression on
	// one box, a jump is worth jumpSteps.
	stepsMost = 10_000_000
	jumpSteps = 50
)

// walk takes groups through a chain, in which their boxes are. At its end boxes
// has what comes back from it.
func (ev *evaluator) walk(groups []*group, at position, depth int) []*group {
	f := groupList{chain: ev.readyChain(at.chain)}
	for _, g := range groups {
		f.add(g)
	}
	for _, c := range f.chain.rules {
		switch {
		case c.onlySource:
			f.passed++ // it is applied to a group when that comes to another rule
		case c.anyProto || c.proto == at.proto:
			ev.walkRule(&f, c, at, depth)
		}
	}
	all := f.all()
	for _, g := range all {
		ev.catchUp(&f, g, at)
		top := g.top()
		g.boxes, top.returned = merge(g.boxes, top.returned), nil
	}
	return all
}

// walkRule takes the groups of a chain through one rule.
func (ev *evaluator) walkRule(f *groupList, c *compiled, at position, depth int) {
	for _, g := range f.touched(c) {
		if !g.moved && !c.anyPort && !g.ports.meets(c.ports) {
			continue
		}
		ev.catchUp(f, g, at)
		more := ev.apply(g, c, at, depth)
		if len(g.ports) == 0 {
			f.remove(g, more)
		}
		for _, one := range more {
			f.add(one)
		}
	}
}

// apply runs a rule on a group. The ports that it treats in the same way are
// changed in place or returned as new groups; what it leaves alone stays in g.
func (ev *evaluator) apply(g *group, c *compiled, at position, depth int) (more []*group) {
	left := g.ports
	if !c.anyPort && !g.moved {
		left = left.and(c.ports)
	}
	for len(left) > 0 {
		m := machine{ev: ev, at: at, rule: c, port: uint16(left[0].first.low), ports: left}
		for _, b := range g.boxes {
			if !m.runSimple(c.simple, b) {
				m.run(c.program, b, &registers{})
			}
		}
		ev.spend(m.steps + len(g.boxes))
		if !m.ports.has(small(uint64(m.port))) { // contradictory keys of a set
			m.ports = setOfOne(small(uint64(m.port)))
		}
		left = left.minus(m.ports)
		if len(m.ended) == 0 && unchanged(g.boxes, m.rest) {
			continue
		}
		if m.ports.same(g.ports) && !m.jumps() && (g.moved || !moved(m.rest)) {
			ev.applyEndings(g, &m, depth)
			return more
		}
		one := g.part(m.ports)
		more = append(more, ev.applyEndings(one, &m, depth)...)
	}
	return more
}

// jumps reports whether a rule led packets to another chain.
func (m *machine) jumps() bool {
	return slices.ContainsFunc(m.ended, func(e ending) bool { return e.verdict == verdictJump || e.verdict == verdictGoto })
}

// moved reports whether some packets no longer go to the port that was asked
// about.
func moved(boxes []box) bool {
	return slices.ContainsFunc(boxes, func(b box) bool { return b.state.destPort != 0 })
}

// unchanged reports whether a rule gave back the boxes that it was given.
func unchanged(before, after []box) bool {
	if len(before) != len(after) {
		return false
	}
	for i := range before {
		a, b := &before[i], &after[i]
		if !a.alike(b) {
			return false
		}
		for d := range dimensions {
			if !a.dim[d].same(b.dim[d]) {
				return false
			}
		}
	}
	return true
}

// applyEndings applies to a group what a rule decided about its packets.
func (ev *evaluator) applyEndings(g *group, m *machine, depth int) []*group {
	var jumps []ending
	for _, e := range m.ended {
		switch e.verdict {
		case verdictAccept:
			if m.at.decides() {
				e.box.by = m.rule.decision
			}
			g.passed = append(slices.Clip(g.passed), e.box)
		case verdictDrop:
			g.decide(outcome{box: e.box, kind: kindDrop, by: m.rule.decision})
		case verdictReject:
			o := outcome{box: e.box, kind: kindReject, by: m.rule.decision}
			if m.at.answer { // it is not the client that is told
				o.kind = kindDrop
			} else {
				o.why = ev.rejectLost
			}
			g.decide(o)
		case verdictUnknown:
			g.decide(outcome{box: e.box, kind: kindUnknown, by: m.rule.decision, why: e.why})
		case verdictReturn:
			f := g.top()
			f.returned = append(slices.Clip(f.returned), e.box)
		default:
			jumps = append(jumps, e)
		}
	}
	rest := m.rest
	if len(m.rest) > 1 && len(m.rest)+len(m.ended) > len(g.boxes) {
		rest = merge(nil, m.rest)
	}
	ev.bound(g, &rest)
	g.moved = g.moved || moved(rest)
	return ev.enter(g, rest, jumps, m.at, depth)
}

// bound gives up on a group that is parted into too many boxes, or when there
// has been too much work.
func (ev *evaluator) bound(g *group, rest *[]box) {
	if len(*rest)+len(g.passed) <= boxesMost && ev.steps <= stepsMost {
		return
	}
	why := ev.tooMuch
	for _, list := range []*[]box{rest, &g.passed, &g.top().returned, &g.top().waiting} {
		for _, b := range *list {
			g.decide(outcome{box: b, kind: kindUnknown, why: why})
		}
		*list = nil
	}
}

func (ev *evaluator) spend(n int) { ev.steps += n + 1 }

// enter walks the chains that a rule jumped to, one after the other. rest is
// the boxes that go on behind the rule.
func (ev *evaluator) enter(g *group, rest []box, jumps []ending, at position, depth int) []*group {
	if len(jumps) == 0 {
		g.boxes = rest
		return []*group{g}
	}
	first := jumps[0]
	var same []box
	var others []ending
	for _, j := range jumps {
		if j.target == first.target && j.verdict == first.verdict {
			same = append(same, j.box)
		} else {
			others = append(others, j)
		}
	}
	ev.spend(jumpSteps)
	if depth >= depthMost || ev.steps > stepsMost {
		for _, b := range same {
			g.decide(outcome{box: b, kind: kindUnknown, why: ev.tooMuch})
		}
		return ev.enter(g, rest, others, at, depth)
	}
	g.frames = append(slices.Clip(g.frames), frame{waiting: rest, todo: others})
	g.boxes = same
	inner := at
	inner.chain = first.target
	var all []*group
	for _, one := range ev.walk([]*group{g}, inner, depth+1) {
		f := one.pop()
		back := one.boxes
		if first.verdict == verdictGoto {
			top := one.top()
			top.returned = merge(top.returned, back)
			back = nil
		}
		all = append(all, ev.enter(one, merge(f.waiting, back), f.todo, at, depth)...)
	}
	return all
}

// base takes groups through a base chain. Packets that pick does not take pass
// by it. At the end boxes has what goes on.
func (ev *evaluator) base(groups []*group, c *ruleset.Chain, at position, pick func(box) (in, by []box)) []*group {
	at.chain, at.family, at.nat = c, c.Table.Family, c.Base.Type == "nat"
	for _, g := range groups {
		var in, by []box
		for _, b := range g.boxes {
			i, o := pick(b)
			in, by = append(in, i...), append(by, o...)
		}
		g.boxes, g.passed, g.moved = in, nil, at.answer || moved(in)
		g.frames = []frame{{waiting: by}}
	}
	groups = ev.walk(groups, at, 0)
	policy := ev.policy(c)
	for _, g := range groups {
		for _, b := range g.boxes {
			if c.Base.Drop {
				g.decide(outcome{box: b, kind: kindDrop, by: policy})
				continue
			}
			if b.by == nil && at.decides() {
				b.by = policy
			}
			g.passed = append(g.passed, b)
		}
		f := g.pop()
		g.boxes, g.passed = merge(g.passed, f.waiting), nil
	}
	return groups
}

// decides reports whether to accept here is what lets packets in: not where they
// are translated or leave again.
func (at position) decides() bool {
	return !at.nat && !at.answer && (at.hook == ruleset.HookInput || at.hook == ruleset.HookForward)
}

// everything picks all packets.
func everything(b box) (in, by []box) { return []box{b}, nil }

func (ev *evaluator) policy(c *ruleset.Chain) *Decision {
	d := ev.policies[c]
	if d == nil {
		d = &Decision{Chain: c}
		ev.policies[c] = d
	}
	return d
}
