package firewall

import "net/netip"

// Verdict is what becomes of new connections.
type Verdict uint8

// The verdicts. Partly is for several sources with different ones.
const (
	VerdictUnknown Verdict = iota // it cannot be told
	VerdictAccept
	VerdictDrop
	VerdictReject
	VerdictPartly
)

// String gives the word of records: "unknown", "accept", "drop", "reject" or
// "partly".
func (v Verdict) String() string {
	return [...]string{"unknown", "accept", "drop", "reject", "partly"}[v]
}

// Question asks who can open a connection.
type Question struct {
	Addr  netip.Addr // one of the host's; 0.0.0.0 or :: for all of that family
	Proto string     // "tcp" or "udp"
	Port  uint16

	// Device is the interface that it is bound to, and takes packets from alone;
	// "" for all.
	Device string
}

// Reach is who gets through to a port: everyone, nobody, some, or it cannot be
// told.
//
// It is about a new connection from outside the namespace, by any interface but
// loopback, at an ordinary rate: limits are not reached, and sets that packets
// are added to have what they had when the rules were read. Its packets are
// ordinary, too: whole, without options of IP or extension headers of IPv6. For
// UDP it is about the first datagram.
//
// Three things are left out of the verdict: sources that the kernel itself would not
// take from an interface, or could not answer; that source ports below 1024 are kept out,
// and no others; and what comes from other namespaces of this machine, by interfaces that
// lead there and nowhere else, or with an address of one. A host that has no other
// interface is judged by those.
type Reach struct {
	Verdict Verdict
	Notes   []string // what else may drop, and is not evaluated

	outcomes []outcome // disjoint; all packets together
	outside  []outcome // those that the verdict is about
	asked    set       // destinations
	ev       *evaluator
	some     **Some // what Some gave before
}

// PortRange is ports, both ends included.
type PortRange struct{ First, Last uint16 }

// Judge answers questions about one namespace, which is one of the topology's. The
// rules are followed once for all of them.
func (topo *Topology) Judge(h *Host, questions []Question) []Reach {
	answers := make([]Reach, len(questions))
	byKind := map[evaluatorKey][]int{}
	var kinds []evaluatorKey
	for i, q := range questions {
		key := evaluatorKey{host: h, v6: q.Addr.Is6() && !q.Addr.Is4In6(), proto: protoNumber(q.Proto)}
		if byKind[key] == nil {
			kinds = append(kinds, key)
		}
		byKind[key] = append(byKind[key], i)
	}
	if h.Rules.Empty() && h.Links == nil && len(h.Unread) == 0 {
		for i := range answers {
			answers[i].Verdict = VerdictAccept
		}
		return answers
	}
	for _, key := range kinds {
		ev := newEvaluator(h, topo, key.v6, key.proto)
		ev.answer(questions, byKind[key], answers)
	}
	topo.evaluators = nil // what they keep is of use only within one call
	return answers
}

func protoNumber(name string) byte {
	if name == "udp" {
		return protoUDP
	}
	return protoTCP
}

// answer fills in the answers to those of the questions with these indexes.
func (ev *evaluator) answer(questions []Question, indexes []int, answers []Reach) {
	var ports []span
	for _, i := range indexes {
		n := small(uint64(questions[i].Port))
		ports = append(ports, span{n, n})
	}
	byPort := map[uint16]*summary{}
	for _, g := range ev.follow(setOf(ports)) {
		s := newSummary(ev, g.log)
		for _, p := range g.ports {
			for n := p.first.low; n <= p.last.low; n++ {
				byPort[uint16(n)] = s
			}
		}
	}
	for _, i := range indexes {
		answers[i] = byPort[questions[i].Port].reach(questions[i].Addr.Unmap(), questions[i].Device)
	}
}

func blocked(v Verdict) bool { return v == VerdictDrop || v == VerdictReject }

// Decision is what decided over most: the rule that lets the first sources pass, or
// what keeps everyone out. It is nil if that is a policy that accepts.
func (r Reach) Decision() *Decision {
	for _, want := range []Verdict{VerdictAccept, VerdictUnknown, VerdictReject, VerdictDrop} {
		for i := range r.outside {
			o := &r.outside[i]
			if o.kind.verdict() == want && o.kind != kindUnasked && o.by != nil && (o.by.Rule != nil || blocked(want)) {
				return o.by
			}
		}
	}
	return nil
}

// Why says what stopped the evaluation; "" if nothing did.
func (r Reach) Why() string {
	for i := range r.outside {
		if r.outside[i].kind == kindUnknown {
			return r.outside[i].why.String()
		}
	}
	return ""
}
