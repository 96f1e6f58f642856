package firewall

import "net/netip"

// World is the namespaces of a machine, to follow packets from one into
// another. The zero value has none.
type World struct {
	Hosts []*Host

	evaluators map[evaluatorKey]*evaluator
}

type evaluatorKey struct {
	host  *Host
	v6    bool
	proto byte
	depth int
}

// behind finds the namespace with an address that lies behind an interface; nil
// if it is not known.
func (w *World) behind(from *Host, out int, addr netip.Addr) *Host {
	if w == nil {
		return nil
	}
	for _, h := range w.Hosts {
		if h == from {
			continue
		}
		for i := range h.Links {
			l := &h.Links[i]
			if l.Kind == "veth" && from.leadsTo(out, l.Peer, l.Index) && h.has(addr) {
				return h
			}
		}
	}
	return nil
}

// has tells whether an address is one of the host's own.
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

func (w *World) evaluator(h *Host, v6 bool, proto byte, depth int) *evaluator {
	key := evaluatorKey{h, v6, proto, depth}
	ev := w.evaluators[key]
	if ev == nil {
		ev = newEvaluator(h, w, v6, proto)
		ev.depth = depth
		if w.evaluators == nil {
			w.evaluators = map[evaluatorKey]*evaluator{}
		}
		w.evaluators[key] = ev
	}
	return ev
}
