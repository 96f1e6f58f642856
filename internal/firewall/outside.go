package firewall

import "slices"

// insiders are the ways in from other namespaces of the world, and the addresses
// there. They are empty if there is no other way in.
type insiders struct{ entries, addrs set }

func (ev *evaluator) insiders() insiders {
	if ev.inside != nil {
		return *ev.inside
	}
	ev.inside = &insiders{}
	if ev.world == nil {
		return *ev.inside
	}
	var entries, addrs []span
	for i, e := range ev.entries {
		hosts, only := ev.behindEntry(e)
		if !only {
			continue
		}
		entries = append(entries, span{small(uint64(i)), small(uint64(i))})
		for _, h := range hosts {
			addrs = append(addrs, h.spans(ev.v6)...)
		}
	}
	if len(entries) < len(ev.entries) {
		*ev.inside = insiders{setOf(entries), setOf(addrs)}
	}
	return *ev.inside
}

// behindEntry is the namespaces behind an interface, or behind the ports of the
// bridge that it is. only is false if something else may be there, too.
func (ev *evaluator) behindEntry(e entry) (hosts []*Host, only bool) {
	if e.port.Kind == "veth" {
		h := ev.otherEnd(e.port)
		return []*Host{h}, h != nil
	}
	if e.port.Kind != "bridge" {
		return nil, false
	}
	for i := range ev.host.Links {
		if l := &ev.host.Links[i]; l.Master == e.port.Index {
			h := ev.otherEnd(l)
			if h == nil {
				return nil, false
			}
			hosts = append(hosts, h)
		}
	}
	return hosts, true // without ports nothing comes in
}

// otherEnd is the namespace of the world with the other end of a veth; nil if there
// is none.
func (ev *evaluator) otherEnd(l *Link) *Host {
	i := slices.IndexFunc(ev.world.Hosts, func(h *Host) bool {
		return h != ev.host && slices.ContainsFunc(h.Links, func(other Link) bool {
			return other.Kind == "veth" && l.Kind == "veth" && other.Index == l.Peer && other.Peer == l.Index
		})
	})
	if i < 0 {
		return nil
	}
	return ev.world.Hosts[i]
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
		if o.box.env == nil { // about all packets alike
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
