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
	Policies []Policy // beside the usual three: local, main, default
	Sysctls  Sysctls

	// Namespace is the inode of /proc/PID/ns/net; 0 if not known.
	Namespace uint64

	// Unread says what could not be read, and why. Verdicts that would need it
	// are unknown.
	Unread []string

	// Notes are what may drop packets beside the rules, and is not evaluated:
	// XDP programs, tc filters, BPF programs of cgroups.
	Notes []Note
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

// Policy is a rule of policy routing that is not one of the usual three.
type Policy struct {
	V6       bool
	Priority uint32
	Table    uint32
	Plain    bool // for all packets; else it has selectors, which are not followed
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

// plainRouting tells whether routes are looked up in the usual three tables, or
// in others without looking at anything but the address.
func (h *Host) plainRouting(v6 bool) bool {
	for _, p := range h.Policies {
		if p.V6 == v6 && !p.Plain {
			return false
		}
	}
	return true
}
