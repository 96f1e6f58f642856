package firewall

import (
	"net/netip"
	"slices"
)

// summary is what was decided about packets to some ports.
type summary struct {
	ev       *evaluator
	outcomes []outcome // disjoint
	outside  []outcome // without those of insiders
	letIn    bool      // insiders get through
	reaches  map[end]Reach
}

// end is the address that a question is about, and the interface; the zero
// values stand for all.
type end struct {
	addr   netip.Addr
	device string
}

func newSummary(ev *evaluator, l *log) *summary {
	s := &summary{ev: ev, reaches: map[end]Reach{}, outcomes: l.all()}
	for i := range s.outcomes {
		s.outcomes[i].box.beforeForwarding()
	}
	if l.kinds&doubtful != 0 {
		s.outcomes = resolve(s.outcomes)
	}
	s.outside, s.letIn = ev.fromOutside(s.outcomes)
	return s
}

// beforeForwarding gives packets that passed other namespaces the entry and the destination
// that they had in the first.
func (b *box) beforeForwarding() {
	if b.dim[dimOrigin].same(noOrigin()) {
		return
	}
	entries := make(set, len(b.dim[dimOrigin]))
	for i, s := range b.dim[dimOrigin] {
		entries[i] = span{s.first.prev(), s.last.prev()}
	}
	b.dim[dimEntry], b.dim[dimDest] = entries, b.dim[dimAsked]
	b.dim[dimOrigin], b.dim[dimAsked] = noOrigin(), noOrigin()
}

// reach is the answer for one address, or for all of them if it is unspecified,
// by one interface, or by all if that is "".
func (s *summary) reach(addr netip.Addr, device string) Reach {
	at := end{addr, device}
	r, ok := s.reaches[at]
	if !ok {
		r = s.compute(at)
		s.reaches[at] = r
	}
	return r
}

func (s *summary) compute(at end) Reach {
	ev := s.ev
	r := Reach{ev: ev, some: new(*Some)}
	for _, n := range ev.host.Notes {
		r.Notes = append(r.Notes, n.Text)
	}
	all := ev.routes.local.minus(loopback(ev.v6))
	if r.asked = all; !at.addr.IsUnspecified() {
		r.asked = all.and(setOfOne(ofAddr(at.addr)))
	}
	entries, letIn := ev.entriesOf(at.device), false
	nobody := func(why string) []outcome { return []outcome{{kind: kindDrop, by: &Decision{Kernel: why}}} }
	switch {
	case len(ev.host.Unread) > 0:
		r.outcomes = []outcome{{kind: kindUnknown, why: &Reason{Text: ev.host.Unread[0]}}}
	case at.addr.IsMulticast(), ev.routes.addressType(RouteBroadcast).has(ofAddr(at.addr)) && !at.addr.IsUnspecified():
		r.outcomes = []outcome{{kind: kindUnknown, why: &Reason{Text: "packets to multicast and broadcast addresses are not followed"}}}
	case ev.host.addressInVRF(at.addr):
		r.outcomes = []outcome{{kind: kindUnknown, why: ev.vrf}}
	case len(r.asked) == 0 && !at.addr.IsUnspecified():
		r.outcomes = nobody(at.addr.String() + " is not an address that is reached from outside")
	case len(ev.entries) == 0:
		r.outcomes = nobody("no interface is up but loopback")
	case len(all) == 0:
		r.outcomes = nobody("there is no address of " + familyName(ev.v6) + " but loopback")
	case len(entries) == 0:
		r.outcomes = nobody(ev.host.unheard(at.device))
	case r.asked.same(all) && at.device == "":
		r.outcomes, r.outside, letIn = s.outcomes, s.outside, s.letIn
	default:
		for _, o := range s.outcomes {
			if at.device != "" {
				o.box.dim[dimEntry] = o.box.dim[dimEntry].and(entries)
			}
			o.box.dim[dimDest] = o.box.dim[dimDest].and(r.asked)
			if len(o.box.dim[dimDest]) > 0 && len(o.box.dim[dimEntry]) > 0 {
				r.outcomes = append(r.outcomes, o)
			}
		}
	}
	if r.outside == nil {
		r.outside, letIn = ev.fromOutside(r.outcomes)
	}
	if r.Verdict = together(r.outside); blocked(r.Verdict) && letIn {
		r.Notes = append(r.Notes, "other network namespaces of this machine, such as containers, get through")
	}
	return r
}

func familyName(v6 bool) string {
	if v6 {
		return "IPv6"
	}
	return "IPv4"
}

// entriesOf returns the entries that lead to a socket that is bound to an interface,
// or to any if that is "".
func (ev *evaluator) entriesOf(device string) set {
	return indexesWhere(ev.entries, func(e entry) bool {
		master := ev.host.link(e.link.Master)
		return device == "" || device == e.link.Name || master != nil && device == master.Name
	})
}

// unheard says why nothing comes in to a socket that is bound to an interface.
func (h *Host) unheard(device string) string {
	for i := range h.Links {
		l := &h.Links[i]
		if master := h.link(l.Master); l.Name == device && master != nil && master.Kind != "vrf" {
			return "what comes in by " + device + " is taken by " + master.Name + ", which it is a part of"
		}
	}
	return "the interface " + device + " is down or gone"
}

// together is the verdict over all outcomes that are asked about.
func together(outcomes []outcome) (v Verdict) {
	found := false
	for i := range outcomes {
		one := outcomes[i].kind.verdict()
		switch {
		case outcomes[i].kind == kindUnasked, blocked(one) && outcomes[i].onlyLowPorts():
		case !found:
			v, found = one, true
		case v == VerdictUnknown || one == VerdictUnknown:
			return VerdictUnknown
		case blocked(v) && blocked(one):
			if v != one {
				v = VerdictDrop
			}
		case v != one:
			v = VerdictPartly
		}
	}
	if !found {
		return VerdictDrop // nobody that could get an answer
	}
	return v
}

// onlyLowPorts reports whether packets come from ports below 1024 alone, which few clients
// use: what becomes of the other ports is another outcome.
func (o *outcome) onlyLowPorts() bool {
	ports := o.box.dim[dimSourcePort]
	return len(ports) > 0 && ports[len(ports)-1].last.less(small(1024))
}

// landing is where packets were led to; the zero value if they were not.
func (b *box) landing() netip.AddrPort {
	e := b.state
	if !e.to.IsValid() && (e.dest.IsValid() || e.destPort != 0) {
		return netip.AddrPortFrom(e.dest, e.destPort)
	}
	return e.to
}

// interfaces names entries; nil for all of them.
func (ev *evaluator) interfaces(entries set) (names []string) {
	count := 0
	for i, e := range ev.entries {
		if entries.hasIndex(i) {
			count++
			if !slices.Contains(names, e.port.Name) {
				names = append(names, e.port.Name)
			}
		}
	}
	if count == len(ev.entries) {
		return nil
	}
	return names
}

// filled returns a set of addresses as few prefixes, which may also cover addresses of
// none.
func filled(s, none set, v6 bool) (list []netip.Prefix) {
	for _, p := range s.or(none).prefixes(v6) {
		if setOfPrefix(p).meets(s) {
			list = append(list, p)
		}
	}
	return list
}
