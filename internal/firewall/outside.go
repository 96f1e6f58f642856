package firewall

import "slices"

// insiders are the ways in from other namespaces of this machine, and the addresses
// there as far as they are known. They are empty if there is no other way in.
type insiders struct{ entries, addrs set }

// insiders takes every veth with the other end elsewhere for one. A machine that has
// no other interface is a container itself: then only those count that lead to
// namespaces of the topology.
func (ev *evaluator) insiders() insiders {
	if ev.inside == nil {
		ev.inside = &insiders{}
		away := func(l *Link) bool { return l.Kind == "veth" && l.Away }
		known := func(l *Link) bool { return ev.otherEnd(l) != nil }
		for _, leadsInside := range []func(*Link) bool{away, known} {
			if in := ev.entriesBy(leadsInside); len(in) > 0 && !in.same(ev.entriesOf("")) {
				*ev.inside = insiders{in, ev.addrsBehind()}
				break
			}
		}
	}
	return *ev.inside
}

// entriesBy is the ways in by interfaces of a kind, or by bridges of which all ports
// are of that kind. By a bridge without ports nothing comes in.
func (ev *evaluator) entriesBy(is func(*Link) bool) set {
	return indexesWhere(ev.entries, func(e entry) bool {
		if e.port.Kind != "bridge" {
			return is(e.port)
		}
		return !slices.ContainsFunc(ev.host.Links, func(l Link) bool { return l.Master == e.port.Index && !is(&l) })
	})
}

// addrsBehind is the addresses of the namespaces of the topology at the other ends of
// this one's interfaces.
func (ev *evaluator) addrsBehind() set {
	var addrs []span
	for i := range ev.host.Links {
		if h := ev.otherEnd(&ev.host.Links[i]); h != nil {
			addrs = append(addrs, h.spans(ev.v6)...)
		}
	}
	return setOf(addrs)
}

// otherEnd is the namespace of the topology with the other end of a veth; nil if there
// is none.
func (ev *evaluator) otherEnd(l *Link) *Host {
	if ev.topology == nil {
		return nil
	}
	i := slices.IndexFunc(ev.topology.Hosts, func(h *Host) bool {
		return h != ev.host && slices.ContainsFunc(h.Links, func(other Link) bool {
			return other.Kind == "veth" && l.Kind == "veth" && other.Index == l.Peer && other.Peer == l.Index
		})
	})
	if i < 0 {
		return nil
	}
	return ev.topology.Hosts[i]
}

// spans are the addresses of a host.
func (h *Host) spans(v6 bool) (list []span) {
	for i := range h.Links {
		for _, a := range h.Links[i].Addrs {
			if a.Addr().Is6() == v6 {
				n := ofAddr(a.Addr())
				list = append(list, span{n, n})
			}
		}
	}
	return list
}

// fromOutside is outcomes without the packets of insiders. letIn tells whether some
// of those get through.
func (ev *evaluator) fromOutside(all []outcome) (rest []outcome, letIn bool) {
	in := ev.insiders()
	if len(in.entries) == 0 {
		return all, false
	}
	for _, o := range all {
		if o.box.state == nil { // about all packets alike
			rest = append(rest, o)
			continue
		}
		letIn = letIn || o.kind == kindAccept && o.box.dim[dimEntry].meets(in.entries)
		o.box.dim[dimEntry] = o.box.dim[dimEntry].minus(in.entries)
		o.box.dim[dimSource] = o.box.dim[dimSource].minus(in.addrs)
		if len(o.box.dim[dimEntry]) > 0 && len(o.box.dim[dimSource]) > 0 {
			rest = append(rest, o)
		}
	}
	return rest, letIn
}
