package firewall

import (
	"net/netip"
	"slices"
)

// Topology is the network namespaces of a machine, to follow packets from one into
// another. The zero value has none.
type Topology struct {
	Hosts []*Host

	evaluators map[evaluatorKey]*evaluator
}

type evaluatorKey struct {
	host  *Host
	v6    bool
	proto byte
	depth int
}

// behind finds the namespaces with an address that may lie behind an interface. Links are
// known by their numbers, which namespaces that were made alike have in common.
func (topo *Topology) behind(from *Host, out int, addr netip.Addr) (found []*Host) {
	if topo == nil {
		return nil
	}
	for _, h := range topo.Hosts {
		leadsHere := func(l Link) bool { return l.Kind == "veth" && from.leadsTo(out, l.Peer, l.Index) }
		if h != from && h.has(addr) && slices.ContainsFunc(h.Links, leadsHere) {
			found = append(found, h)
		}
	}
	return found
}

// has reports whether an address is one of the host's own.
func (h *Host) has(addr netip.Addr) bool {
	for i := range h.Links {
		for _, a := range h.Links[i].Addrs {
			if a.Addr() == addr {
				return true
			}
		}
	}
	return false
}

func (topo *Topology) evaluator(h *Host, v6 bool, proto byte, depth int) *evaluator {
	key := evaluatorKey{h, v6, proto, depth}
	ev := topo.evaluators[key]
	if ev == nil {
		ev = newEvaluator(h, topo, v6, proto)
		ev.depth = depth
		if topo.evaluators == nil {
			topo.evaluators = map[evaluatorKey]*evaluator{}
		}
		topo.evaluators[key] = ev
	}
	return ev
}
