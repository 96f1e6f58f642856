package firewall

import (
	"cmp"
	"net/netip"
	"slices"
)

// routes answers for every address of a family which route it takes.
type routes struct {
	parts  []routePart // in order, without gaps; empty if there are no routes
	local  set         // addresses of the host itself
	bcast  set         // broadcast addresses
	plain  bool        // looked up by the address alone
	v6     bool
	domain span

	policies   []Policy
	localFirst bool // addresses of the host itself come before all policies
	tables     map[uint32]*routes
	links      []int // of one table: what its routes leave by
}

// routePart is addresses with one route; nil if there is none.
type routePart struct {
	span
	route *Route
}

// domain is all addresses of a family.
func domain(v6 bool) span {
	if v6 {
		return span{number{}, number{}.not()}
	}
	return span{number{}, small(1<<32 - 1)}
}

// newRoutes reads the rules of policy routing. Where these send all packets through
// the same tables, their routes are one list.
func newRoutes(h *Host, v6 bool) *routes {
	r := &routes{v6: v6, domain: domain(v6), policies: h.policies(v6)}
	r.plain = !slices.ContainsFunc(r.policies, func(p Policy) bool { return !p.plain() })
	r.localFirst = r.policies[0].plain() && r.policies[0].Table == TableLocal
	order := map[uint32]int{}
	for i, p := range r.policies {
		if _, known := order[p.Table]; !known && p.Action == policyTable {
			order[p.Table] = i
		}
	}
	var list []*Route
	var local, bcast []span
	for i := range h.Routes {
		one := &h.Routes[i]
		if _, used := order[one.Table]; !used || one.Dest.Addr().Is6() != v6 || one.Dead {
			continue
		}
		r.plain = r.plain && one.Type != RouteThrow // which goes on with the next table
		list = append(list, one)
		if one.Table != TableLocal {
			continue
		}
		switch one.Type {
		case RouteLocal, RouteAnycast:
			local = append(local, spanOfPrefix(one.Dest))
		case RouteBroadcast:
			bcast = append(bcast, spanOfPrefix(one.Dest))
		}
	}
	r.local, r.bcast = setOf(local), setOf(bcast)
	sortRoutes(list, order)
	r.fill(list)
	return r
}

// sortRoutes puts routes in the order in which one is chosen.
func sortRoutes(list []*Route, tables map[uint32]int) {
	slices.SortStableFunc(list, func(a, b *Route) int {
		return cmp.Or(
			cmp.Compare(tables[a.Table], tables[b.Table]),
			-cmp.Compare(a.Dest.Bits(), b.Dest.Bits()),
			cmp.Compare(a.Metric, b.Metric))
	})
}

// fill gives each address the first route in the list that has it.
func (r *routes) fill(list []*Route) {
	var free set = set{r.domain}
	for _, one := range list {
		dest := setOfPrefix(one.Dest)
		for _, s := range free.and(dest) {
			r.parts = append(r.parts, routePart{s, one})
		}
		free = free.minus(dest)
	}
	for _, s := range free {
		r.parts = append(r.parts, routePart{s, nil})
	}
	slices.SortFunc(r.parts, func(a, b routePart) int {
		if a.first.less(b.first) {
			return -1
		}
		return 1
	})
}

// lookup gives the route of an address; nil if there is none.
func (r *routes) lookup(a netip.Addr) *Route {
	n := ofAddr(a)
	i, _ := slices.BinarySearchFunc(r.parts, n, func(p routePart, n number) int {
		if p.last.less(n) {
			return -1
		}
		return 1
	})
	if i < len(r.parts) && r.parts[i].has(n) {
		return r.parts[i].route
	}
	return nil
}

// where is the addresses whose route is as asked for.
func (r *routes) where(is func(*Route) bool) set {
	var spans []span
	for _, p := range r.parts {
		if is(p.route) {
			spans = append(spans, p.span)
		}
	}
	return setOf(spans)
}

// back is the addresses that a packet from an interface may come from, if it is
// asked whether an answer would leave there.
func (r *routes) back(link int) set {
	return r.where(func(one *Route) bool {
		return one != nil && one.Type == RouteUnicast && slices.Contains(one.Links, link)
	})
}

// answered is the addresses that there is a way back to.
func (r *routes) answered() set {
	return r.where(func(one *Route) bool { return one != nil && one.Type == RouteUnicast })
}

// addressType is what inet_addr_type of the kernel says, which looks at the
// local table only.
func (r *routes) addressType(t RouteType) set {
	all := set{r.domain}
	multicast := setOfPrefix(netip.MustParsePrefix("224.0.0.0/4"))
	broadcast := setOf([]span{spanOfPrefix(netip.MustParsePrefix("0.0.0.0/8")), {small(1<<32 - 1), small(1<<32 - 1)}}).or(r.bcast)
	if r.v6 {
		multicast = setOfPrefix(netip.MustParsePrefix("ff00::/8"))
		broadcast = nil
	}
	switch t {
	case RouteLocal:
		return r.local
	case RouteMulticast:
		return multicast
	case RouteBroadcast:
		return broadcast
	case RouteUnicast:
		return all.minus(r.local).minus(multicast).minus(broadcast)
	}
	return nil
}
