package firewall

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"porthole/internal/netlink"
)

// Attributes and values of linux/if_link.h, linux/if_addr.h, linux/rtnetlink.h
// and linux/fib_rules.h.
const (
	linkHeader = 16 // struct ifinfomsg
	linkName   = 3  // IFLA_IFNAME
	linkLower  = 5  // IFLA_LINK
	linkMaster = 10 // IFLA_MASTER
	linkInfo   = 18 // IFLA_LINKINFO
	linkGroup  = 27 // IFLA_GROUP
	linkPeerNS = 37 // IFLA_LINK_NETNSID
	linkXDP    = 43 // IFLA_XDP
	infoKind   = 1  // IFLA_INFO_KIND
	xdpMode    = 2  // IFLA_XDP_ATTACHED

	flagUp       = 0x1 // IFF_UP
	flagLoopback = 0x8 // IFF_LOOPBACK

	addrHeader = 8 // struct ifaddrmsg
	addrPeer   = 1 // IFA_ADDRESS: the local one where there is no peer
	addrLocal  = 2 // IFA_LOCAL
	addrFlags  = 8 // IFA_FLAGS

	addrSecondary  = 0x01 // IFA_F_SECONDARY
	addrDeprecated = 0x20 // IFA_F_DEPRECATED
	addrTentative  = 0x40 // IFA_F_TENTATIVE

	routeHeader   = 12 // struct rtmsg, struct fib_rule_hdr
	routeDest     = 1  // RTA_DST
	routeLink     = 4  // RTA_OIF
	routePriority = 6  // RTA_PRIORITY
	routeHops     = 9  // RTA_MULTIPATH
	routeTable    = 15 // RTA_TABLE
	flagDead      = 1  // RTNH_F_DEAD

	ruleDest      = 1  // FRA_DST
	ruleSource    = 2  // FRA_SRC
	ruleIn        = 3  // FRA_IIFNAME
	ruleGoto      = 4  // FRA_GOTO
	rulePriority  = 6  // FRA_PRIORITY
	ruleMark      = 10 // FRA_FWMARK
	ruleRealm     = 11 // FRA_FLOW
	ruleTunnel    = 12 // FRA_TUN_ID
	ruleSuppress1 = 13 // FRA_SUPPRESS_IFGROUP
	ruleSuppress2 = 14 // FRA_SUPPRESS_PREFIXLEN
	ruleTable     = 15 // FRA_TABLE
	ruleMarkMask  = 16 // FRA_FWMASK
	ruleOut       = 17 // FRA_OIFNAME
	ruleVRF       = 19 // FRA_L3MDEV
	ruleUser      = 20 // FRA_UID_RANGE
	ruleOrigin    = 21 // FRA_PROTOCOL: who made the rule
	ruleProto     = 22 // FRA_IP_PROTO
	ruleFromPorts = 23 // FRA_SPORT_RANGE
	ruleToPorts   = 24 // FRA_DPORT_RANGE
)

func shortMessage(b []byte, what string) error {
	return fmt.Errorf("%w: %s of %d bytes", netlink.ErrShort, what, len(b))
}

func native32(b []byte) uint32 {
	if len(b) < 4 {
		return 0
	}
	return binary.NativeEndian.Uint32(b)
}

// addLink takes a message about an interface.
func (h *Host) addLink(b []byte) error {
	if len(b) < linkHeader {
		return shortMessage(b, "struct ifinfomsg")
	}
	flags := native32(b[8:])
	l := Link{Index: int(int32(native32(b[4:]))), Type: binary.NativeEndian.Uint16(b[2:]), Up: flags&flagUp != 0, Loopback: flags&flagLoopback != 0}
	otherNS, peerNS, lower, xdp := false, 0, 0, false
	err := netlink.Attributes(b[linkHeader:], func(kind uint16, value []byte) error {
		switch kind {
		case linkName:
			l.Name = netlink.Text(value)
		case linkMaster:
			l.Master = int(native32(value))
		case linkGroup:
			l.Group = native32(value)
		case linkLower:
			lower = int(native32(value))
		case linkPeerNS:
			otherNS, peerNS = true, int(int32(native32(value)))
		case linkInfo:
			return netlink.Attributes(value, func(kind uint16, value []byte) error {
				if kind == infoKind {
					l.Kind = netlink.Text(value)
				}
				return nil
			})
		case linkXDP:
			return netlink.Attributes(value, func(kind uint16, value []byte) error {
				xdp = xdp || kind == xdpMode && len(value) > 0 && value[0] != 0
				return nil
			})
		}
		return nil
	})
	if l.Kind == "veth" {
		l.Peer, l.Away, l.PeerNS = lower, otherNS, peerNS
	} else if !otherNS && lower != l.Index {
		l.Lower = lower
	}
	h.Links = append(h.Links, l)
	if xdp {
		h.Notes = append(h.Notes, Note{l.Name, "an XDP program on " + l.Name + " may drop before"})
	}
	return err
}

// addAddr takes a message about an address.
func (h *Host) addAddr(b []byte) error {
	if len(b) < addrHeader {
		return shortMessage(b, "struct ifaddrmsg")
	}
	var local, peer netip.Addr
	flags := uint32(b[2])
	err := netlink.Attributes(b[addrHeader:], func(kind uint16, value []byte) error {
		switch kind {
		case addrPeer:
			peer, _ = netip.AddrFromSlice(value)
		case addrLocal:
			local, _ = netip.AddrFromSlice(value)
		case addrFlags:
			flags = native32(value)
		}
		return nil
	})
	if !local.IsValid() {
		local = peer
	}
	if l := h.link(int(native32(b[4:]))); l != nil && local.IsValid() {
		l.Addrs = append(l.Addrs, Addr{netip.PrefixFrom(local, int(b[1])), flags&addrSecondary != 0, flags&addrTentative != 0, flags&addrDeprecated != 0})
	}
	return err
}

// addRoute takes a message about a route.
func (h *Host) addRoute(b []byte) error {
	if len(b) < routeHeader {
		return shortMessage(b, "struct rtmsg")
	}
	const inet, inet6, cloned = 2, 10, 0x200 // AF_INET, AF_INET6, RTM_F_CLONED
	if b[0] != inet && b[0] != inet6 || native32(b[8:])&cloned != 0 {
		return nil
	}
	r := Route{Table: uint32(b[4]), Type: RouteType(b[7]), Dead: native32(b[8:])&flagDead != 0}
	addr := netip.IPv4Unspecified()
	if b[0] == inet6 {
		addr = netip.IPv6Unspecified()
	}
	err := netlink.Attributes(b[routeHeader:], func(kind uint16, value []byte) error {
		switch kind {
		case routeDest:
			addr, _ = netip.AddrFromSlice(value)
		case routeTable:
			r.Table = native32(value)
		case routePriority:
			r.Metric = native32(value)
		case routeLink:
			r.Links = append(r.Links, int(native32(value)))
		case routeHops:
			r.Links = append(r.Links, hops(value)...)
		}
		return nil
	})
	if r.Dest = netip.PrefixFrom(addr, int(b[1])); r.Dest.IsValid() && err == nil {
		h.Routes = append(h.Routes, r)
	}
	return err
}

// hops reads the interfaces of a row of struct rtnexthop.
func hops(b []byte) (links []int) {
	const header = 8
	for len(b) >= header {
		size := int(binary.NativeEndian.Uint16(b))
		if size < header || size > len(b) {
			return links
		}
		links = append(links, int(native32(b[4:])))
		b = b[min((size+3)&^3, len(b)):]
	}
	return links
}

// addPolicy takes a message about a rule of policy routing.
func (h *Host) addPolicy(b []byte) error {
	if len(b) < routeHeader {
		return shortMessage(b, "struct fib_rule_hdr")
	}
	const inet, inet6, inverted = 2, 10, 2 // AF_INET, AF_INET6, FIB_RULE_INVERT
	if b[0] != inet && b[0] != inet6 {
		return nil
	}
	p := Policy{V6: b[0] == inet6, Table: uint32(b[4]), Action: b[7], Suppress: -1, Not: native32(b[8:])&inverted != 0}
	if b[3] != 0 {
		p.Other = "the type of service"
	}
	others := map[uint16]string{ruleTunnel: "a tunnel", ruleOut: "the interface to leave by", ruleUser: "the user", ruleFromPorts: "ports", ruleToPorts: "ports"}
	prefix := func(value []byte, bits byte) netip.Prefix {
		addr, _ := netip.AddrFromSlice(value)
		return netip.PrefixFrom(addr, int(bits))
	}
	err := netlink.Attributes(b[routeHeader:], func(kind uint16, value []byte) error {
		switch kind {
		case ruleDest:
			p.To = prefix(value, b[1])
		case ruleSource:
			p.From = prefix(value, b[2])
		case ruleIn:
			p.In = netlink.Text(value)
		case ruleGoto:
			p.Target = native32(value)
		case rulePriority:
			p.Priority = native32(value)
		case ruleMark:
			p.Mark = native32(value)
		case ruleMarkMask:
			p.MarkMask = native32(value)
		case ruleTable:
			p.Table = native32(value)
		case ruleVRF:
			p.VRF = len(value) > 0 && value[0] != 0
		case ruleProto:
			if len(value) > 0 {
				p.Proto = value[0]
			}
		case ruleSuppress1:
			if native32(value) != 1<<32-1 {
				p.Other = "the group of an interface"
			}
		case ruleSuppress2:
			p.Suppress = int(int32(native32(value)))
		case ruleRealm, ruleOrigin:
		default:
			if p.Other = others[kind]; p.Other == "" {
				p.Other = "something that is not known here"
			}
		}
		return nil
	})
	h.Policies = append(h.Policies, p)
	return err
}
