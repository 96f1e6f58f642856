package firewall

import (
	"fmt"
	"net/netip"
)

// pieces are all packets, in disjoint pieces with one verdict each.
func (r Reach) pieces() []piece {
	list := make([]piece, 0, len(r.outcomes))
	for i := range r.outcomes {
		list = append(list, r.ev.piece(&r.outcomes[i], r.asked))
	}
	return list
}

// piece is packets with one verdict.
type piece struct {
	Verdict     Verdict
	Interfaces  []string       // that they come in by; nil for every one
	SourcePorts []PortRange    // nil for every one
	Dests       []netip.Prefix // that they are sent to, of a question about all; nil for every one

	By      *Decision      // what decided; of accept, the last rule that let them pass
	Why     *Reason        // of VerdictUnknown, what stopped the evaluation; of VerdictDrop and VerdictReject, why it may be the other of the two; of VerdictAccept, why it may lead elsewhere than To
	Limited *Reason        // a limit that they are below at an ordinary rate; nil if none
	To      netip.AddrPort // where they are led to instead; the zero value if they are not. The port is 0 if it stays
	Out     string         // the interface that they leave by, if they are forwarded
	Unasked bool           // left out of the verdict: By says what the kernel does with them

	v6      bool
	sources set
	none    set // addresses that are no sources
}

// Sources are the addresses that the packets come from; nil for every one.
func (p piece) Sources() []netip.Prefix {
	if p.sources == nil || p.sources.same(set{domain(p.v6)}.minus(p.none)) {
		return nil
	}
	return filled(p.sources, p.none, p.v6)
}

// piece puts an outcome into words. asked is the addresses of the question.
func (ev *evaluator) piece(o *outcome, asked set) piece {
	p := piece{none: ev.noSources, Verdict: o.kind.verdict(), By: o.by, Why: o.why, Unasked: o.kind == kindUnasked, v6: ev.v6}
	b := &o.box
	if p.sources = b.dim[dimSource]; b.state == nil {
		return p // about all packets alike
	}
	if !b.dim[dimDest].same(asked) {
		p.Dests = b.dim[dimDest].prefixes(ev.v6)
	}
	p.Interfaces = ev.interfaces(b.dim[dimEntry])
	if ports := b.dim[dimSourcePort]; !ports.same(set{{small(1), small(1<<16 - 1)}}) {
		for _, s := range ports {
			p.SourcePorts = append(p.SourcePorts, PortRange{uint16(s.first.low), uint16(s.last.low)})
		}
	}
	p.Limited, p.To = b.state.limited, b.landing()
	if l := ev.host.link(b.state.out); l != nil {
		p.Out = l.Name
	}
	return p
}

// String gives a line for people who look for a fault.
func (p piece) String() string {
	return fmt.Sprintf("%v from %v by %v ports %v to %v: %v; why %v, limited %v, led to %v, unasked %v", p.Verdict, p.Sources(), p.Interfaces, p.SourcePorts, p.Dests, p.By, p.Why, p.Limited, p.To, p.Unasked)
}

// from is the sources that get through, of all pieces together; nil for every
// one that can get an answer at all.
func (r Reach) from() []netip.Prefix {
	if r.Verdict == VerdictAccept {
		return nil
	}
	through, _ := r.reaching(dimSource)
	return filled(through, r.ev.noSources, r.ev.v6)
}
