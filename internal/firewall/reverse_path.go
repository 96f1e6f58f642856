package firewall

// admit decides about packets that the kernel does not take from where they
// come: those that an answer would not go back to.
func (ev *evaluator) admit(g *group) {
	if ev.routes.plain { // else the way back is asked for later: it depends on where they are led
		ev.admitAnswerable(g)
	}
	if ev.v6 || !ev.routes.plain && !ev.routes.localFirst {
		return
	}
	for i, e := range ev.entries {
		ev.reversePath(g, i, e)
	}
}

// admitAnswerable keeps packets from sources that some route leads to.
func (ev *evaluator) admitAnswerable(g *group) {
	answered := ev.routes.answered()
	var rest []box
	for _, b := range g.boxes {
		if b.state.sourceWhy != nil {
			rest = append(rest, b)
			continue
		}
		in, out, hasIn, hasOut := b.split(dimSource, answered)
		if hasOut {
			g.decide(outcome{box: out, kind: kindUnasked, by: ev.noRoute})
		}
		if hasIn {
			rest = append(rest, in)
		}
	}
	g.boxes = rest
}

// reversePath is net.ipv4.conf.*.rp_filter (RFC 3704): strict takes only what
// an answer would leave by the same interface for.
func (ev *evaluator) reversePath(g *group, i int, e entry) {
	const strict = 1
	if ev.host.Sysctls.RPFilter[e.link.Name] != strict {
		return
	}
	decision := &Decision{Kernel: "rp_filter on " + e.link.Name}
	var rest []box
	for _, b := range g.boxes {
		in, out, hasIn, hasOut := b.split(dimEntry, setOfIndex(i))
		if hasOut {
			rest = append(rest, out)
		}
		if !hasIn {
			continue
		}
		back, away := ev.answeredBy(in, e.link.Index)
		for _, one := range away {
			g.decide(outcome{box: one, kind: kindUnasked, by: decision})
		}
		rest = append(rest, back...)
	}
	g.boxes = merge(nil, rest)
}

// answeredBy parts packets into those whose answers leave by an interface, and those
// whose answers leave by another one. Where a route has several ways they are both, in
// doubt.
func (ev *evaluator) answeredBy(b box, link int) (back, away []box) {
	if ev.routes.plain {
		if b.state.sourceWhy != nil {
			return []box{b}, nil
		}
		in, out, hasIn, hasOut := b.split(dimSource, ev.back(link))
		if hasIn {
			back = append(back, in)
		}
		if hasOut {
			away = append(away, out)
		}
		return back, away
	}
	w := ev.answerWay(b)
	if w.markWhy = nil; ev.host.Sysctls.SrcValidMark {
		w.markWhy = ev.markedPath
	}
	for _, l := range ev.exits(b, w) {
		switch l.link {
		case link:
			back = append(back, l.box)
		case severalOut:
			one := l.box.doubt(ev.severalWays)
			back, away = append(back, one), append(away, one)
		default:
			away = append(away, l.box)
		}
	}
	return back, away
}
