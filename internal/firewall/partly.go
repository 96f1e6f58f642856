package firewall

import "net/netip"

// Some is what connections need to get through, of [VerdictPartly]. What is nil
// does not matter: some get through whatever it is.
type Some struct {
	From       []netip.Prefix // sources that get through
	Except     []netip.Prefix // the other sources, which do not
	Interfaces []string       // that connections come in by
	To         []netip.Prefix // that they are sent to
	Limited    *Reason        // a limit that they are below at an ordinary rate; also of [VerdictAccept]
}

// Some sums up who gets through, of all pieces together: where one piece is for
// some sources and another for some interfaces it has both. Answers about ports
// that are treated alike share it.
func (r Reach) Some() *Some {
	if r.some == nil {
		return &Some{}
	}
	if *r.some == nil {
		*r.some = r.sumUp()
	}
	return *r.some
}

func (r Reach) sumUp() *Some {
	s := &Some{}
	for i := range r.outside {
		if o := &r.outside[i]; o.kind == kindAccept && o.box.state != nil && s.Limited == nil {
			s.Limited = o.box.state.limited
		}
	}
	if r.Verdict != VerdictPartly {
		return s
	}
	if through, others := r.reaching(dimSource); len(others) > 0 {
		around := r.ev.noSources.or(r.unasked())
		s.From, s.Except = filled(through, around, r.ev.v6), filled(others, around, r.ev.v6)
	}
	if through, others := r.reaching(dimEntry); len(others) > 0 {
		s.Interfaces = r.ev.interfaces(through)
	}
	if through, others := r.reaching(dimDest); len(others) > 0 {
		s.To = through.prefixes(r.ev.v6)
	}
	return s
}

// LedAway reports whether some connections are led to an address that is not the
// host's own, and so do not meet the rules for its own ports.
func (r Reach) LedAway() bool {
	for i := range r.outside {
		o := &r.outside[i]
		if o.box.state == nil {
			continue
		}
		if to := o.box.landing().Addr(); to.IsValid() && !r.ev.routes.local.has(ofAddr(to)) {
			return true
		}
	}
	return false
}

// reaching is the values of a dimension that some packets get through with, and
// those that none does.
func (r Reach) reaching(d dimension) (through, others set) {
	var accepted, all []span
	for i := range r.outside {
		o := &r.outside[i]
		if o.kind == kindUnasked {
			continue
		}
		all = append(all, o.box.dim[d]...)
		if o.kind == kindAccept {
			accepted = append(accepted, o.box.dim[d]...)
		}
	}
	through = setOf(accepted)
	return through, setOf(all).minus(through)
}

// unasked is the sources of packets that are left out of the verdict, and of no
// others.
func (r Reach) unasked() set {
	var out, asked []span
	for i := range r.outside {
		o := &r.outside[i]
		if o.kind == kindUnasked {
			out = append(out, o.box.dim[dimSource]...)
		} else {
			asked = append(asked, o.box.dim[dimSource]...)
		}
	}
	return setOf(out).minus(setOf(asked))
}
