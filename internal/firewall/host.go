package firewall

import (
	"net/netip"

	"porthole/internal/firewall/ruleset"
)

// Host is what the kernel knows about the ways into one network namespace. It
// is made by [Read], and not changed afterwards.
type Host struct {
	Rules    *ruleset.Ruleset
	Links    []Link
	Routes   []Route
	Policies []Policy // in the order in which they are asked; none are the usual three
	Sysctls  Sysctls

	// Namespace is the inode of /proc/PID/ns/net; 0 if not known.
	Namespace uint64

	// Unread says what could not be read, and why. Verdicts that would need it
	// are unknown.
	Unread []string

	// Size is about what was read of the rules, in bytes.
	Size int

	// Notes are what may drop packets beside the rules, and is not evaluated:
	// XDP programs, tc filters, BPF programs of cgroups, security modules.
	Notes []Note
}

// Unread is a host whose rules are not known, for the reason why. size is how many bytes
// of them were read.
func Unread(why string, size int) *Host {
	return &Host{Rules: new(ruleset.Ruleset), Unread: []string{why}, Size: size}
}

// Link is a network interface.
type Link struct {
	Index    int
	Name     string
	Kind     string // "bridge", "veth", "vrf" and so on; "" for hardware
	Up       bool   // IFF_UP
	Loopback bool
	Type     uint16 // ARPHRD_*
	Group    uint32
	Master   int    // index of the bridge, bond or vrf that it is part of; 0 if none
	Lower    int    // index of the interface that it lies on, such as that of a VLAN; 0 if none
	Peer     int    // index of a veth's other end
	Away     bool   // that is in another namespace
	PeerNS   int    // the id of that one here (ip-netns(8)), if Away; -1 if it has none
	Addrs    []Addr // in the kernel's order
}

// Addr is an address of an interface.
type Addr struct {
	netip.Prefix
	Secondary  bool
	Tentative  bool
	Deprecated bool
}

// RouteType is the kernel's (RTN_* in linux/rtnetlink.h).
type RouteType uint8

// The types of routes that matter here.
const (
	RouteUnicast     RouteType = 1
	RouteLocal       RouteType = 2
	RouteBroadcast   RouteType = 3
	RouteAnycast     RouteType = 4
	RouteMulticast   RouteType = 5
	RouteBlackhole   RouteType = 6
	RouteUnreachable RouteType = 7
	RouteProhibit    RouteType = 8
	RouteThrow       RouteType = 9
)

// Tables of routes (linux/rtnetlink.h).
const (
	TableDefault = 253
	TableMain    = 254
	TableLocal   = 255
)

// Route is a route.
type Route struct {
	Table  uint32
	Dest   netip.Prefix
	Type   RouteType
	Links  []int // indices of the interfaces of its next hops
	Metric uint32
	Dead   bool // its interface has no carrier
}

// Policy is a rule of policy routing: which packets look up which table. What is
// zero does not matter.
type Policy struct {
	V6       bool
	Priority uint32
	Action   uint8  // FR_ACT_*
	Table    uint32 // of policyTable
	Target   uint32 // of policyGoto: the priority
	From, To netip.Prefix
	In       string // the interface that packets come in by; "lo" for the host's own
	Mark     uint32
	MarkMask uint32
	Proto    uint8
	VRF      bool   // for interfaces of a VRF
	Other    string // what else it asks for, which is not followed
	Not      bool   // for all packets but these
	Suppress int    // routes with a prefix of this length or less are passed over; -1 for none

	why *Reason // of Other
}

// Sysctls are the kernel parameters that decide over packets. Maps are by the
// name of an interface; what is not in them is off.
type Sysctls struct {
	RPFilter      map[string]int  // net.ipv4.conf.*.rp_filter, the greater of all and its own
	Forward       map[string]bool // net.ipv4.conf.*.forwarding
	RouteLocalnet map[string]bool // net.ipv4.conf.*.route_localnet, or that of all
	AcceptLocal   map[string]bool // net.ipv4.conf.*.accept_local, or that of all
	Forward6      bool            // net.ipv6.conf.all.forwarding
	SrcValidMark  bool            // net.ipv4.conf.all.src_valid_mark
	BridgeNF      bool            // net.bridge.bridge-nf-call-iptables
	AnswerMark    bool            // net.ipv4.tcp_fwmark_accept
}

// Note is something that may drop packets and is not evaluated.
type Note struct {
	Link string // the interface; "" for all
	Text string // "an XDP program on eth0 may drop before"
}

// link finds one by its index; nil if there is none.
func (h *Host) link(index int) *Link {
	for i := range h.Links {
		if h.Links[i].Index == index {
			return &h.Links[i]
		}
	}
	return nil
}

// entry is a way in from outside: an interface, and for the port of a bridge
// the bridge behind it.
type entry struct {
	port *Link // where packets come in
	link *Link // the interface that rules see; the same but for ports of a bridge
}

// entries lists the ways in: interfaces that are up, and are not part of
// another one. With ports, those of a bridge count instead of the bridge.
func (h *Host) entries(ports bool) (list []entry) {
	for i := range h.Links {
		l := &h.Links[i]
		if !l.Up || l.Loopback || l.Kind == "dummy" || l.Kind == "ifb" || l.Kind == "nlmon" {
			continue
		}
		master := h.link(l.Master)
		switch {
		case ports && l.Kind == "bridge" && h.hasPorts(l.Index):
		case master == nil, master.Kind == "vrf":
			list = append(list, entry{l, l})
		case ports && master.Kind == "bridge" && master.Up:
			list = append(list, entry{l, master})
		}
	}
	return list
}

func (h *Host) hasPorts(bridge int) bool {
	for i := range h.Links {
		if h.Links[i].Master == bridge {
			return true
		}
	}
	return false
}

// policies are those of a family.
func (h *Host) policies(v6 bool) (list []Policy) {
	for _, p := range h.Policies {
		if p.V6 == v6 {
			if p.Other != "" {
				p.why = &Reason{Text: "policy routing by " + p.Other}
			}
			list = append(list, p)
		}
	}
	if list == nil {
		for _, table := range []uint32{TableLocal, TableMain, TableDefault} {
			list = append(list, Policy{V6: v6, Action: policyTable, Table: table, Suppress: -1})
		}
	}
	return list
}

// dropsARP reports whether there are rules of ARP that may drop.
func (h *Host) dropsARP() bool {
	for _, t := range h.Rules.Tables {
		for _, c := range t.Chains {
			if t.Family == ruleset.FamilyARP && !t.Dormant && c.Base != nil && (c.Base.Drop || mayDrop(c)) {
				return true
			}
		}
	}
	return false
}

// plain reports whether a policy sends all packets to a table.
func (p *Policy) plain() bool {
	asks := p.From.IsValid() || p.To.IsValid() || p.In != "" || p.MarkMask != 0 || p.Proto != 0 || p.VRF || p.Other != "" || p.Not
	return p.Action == policyTable && !asks && p.Suppress < 0
}

// Addressed reports whether a host has an address of a family, beside loopback.
// It is true if its addresses were not asked for.
func (h *Host) Addressed(v6 bool) bool {
	for i := range h.Routes {
		r := &h.Routes[i]
		own := r.Table == TableLocal && (r.Type == RouteLocal || r.Type == RouteAnycast)
		if own && r.Dest.Addr().Is6() == v6 && !r.Dest.Addr().IsLoopback() {
			return true
		}
	}
	return h.Links == nil
}
