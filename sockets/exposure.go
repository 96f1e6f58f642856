package sockets

import (
	"net"
	"net/netip"
)

// Exposure is who can reach a socket, judged by its bind address alone;
// firewalls and routes may let fewer in. A larger value reaches further.
type Exposure uint8

const (
	ExposureUnknown  Exposure = iota // the address is not known
	ExposureLoopback                 // this machine only (in its network namespace)
	ExposureLocal                    // neighbours: private, shared, link-local and unique local addresses
	ExposurePublic                   // anyone who has a route to that global address
	ExposureAll                      // every address of the machine
)

// String is the exposure as the JSON records spell it. They leave
// [ExposureUnknown], "unknown", out.
func (e Exposure) String() string {
	switch e {
	case ExposureLoopback:
		return "loopback"
	case ExposureLocal:
		return "local"
	case ExposurePublic:
		return "public"
	case ExposureAll:
		return "all"
	default:
		return "unknown"
	}
}

// ExposureOf tells who can reach a socket that is bound to a.
//
// The unspecified address is [ExposureAll]; the zero Addr is
// [ExposureUnknown]. Private (RFC 1918), shared (RFC 6598), link-local (RFC
// 3927, RFC 4291), site-local (RFC 3879) and unique local (RFC 4193) addresses
// are [ExposureLocal]. An IPv4-mapped IPv6 address counts as its IPv4 address.
// A multicast address counts by its scope (RFC 7346, RFC 2365).
func ExposureOf(a netip.Addr) Exposure {
	a = a.Unmap()
	switch {
	case !a.IsValid():
		return ExposureUnknown
	case a.IsUnspecified():
		return ExposureAll
	case a.IsLoopback():
		return ExposureLoopback
	case a.IsMulticast():
		return multicastExposure(a)
	case a.IsPrivate(), a.IsLinkLocalUnicast(), isShared(a), isSiteLocal(a), isBroadcast(a):
		return ExposureLocal
	default:
		return ExposurePublic
	}
}

// exposureOfAll is who can reach a wildcard socket on an interface with these
// addresses: the widest exposure among them. Loopback addresses say nothing about an
// interface that is not loopback.
func exposureOfAll(addrs []net.Addr) Exposure {
	widest := ExposureUnknown
	for _, a := range addrs {
		prefix, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		if addr, ok := netip.AddrFromSlice(prefix.IP); ok {
			if e := ExposureOf(addr); e > ExposureLoopback {
				widest = max(widest, e)
			}
		}
	}
	return widest
}

// multicastExposure reads the scope of a multicast address: the four bits of
// an IPv6 group (RFC 4291 section 2.7), the block of an IPv4 one.
func multicastExposure(a netip.Addr) Exposure {
	if a.Is4() {
		if b := a.As4(); b[0] == 239 || a.IsLinkLocalMulticast() {
			return ExposureLocal
		}
		return ExposurePublic
	}
	switch scope := a.As16()[1] & 0x0f; scope {
	case 0x1: // interface-local: never leaves the machine
		return ExposureLoopback
	case 0xe: // global
		return ExposurePublic
	default: // link, realm, admin, site and organisation
		return ExposureLocal
	}
}

// isShared is for 100.64.0.0/10, the carriers' shared space (RFC 6598).
func isShared(a netip.Addr) bool {
	if !a.Is4() {
		return false
	}
	b := a.As4()
	return b[0] == 100 && b[1]&0xc0 == 64
}

// isSiteLocal is for fec0::/10, deprecated but still configured (RFC 3879).
func isSiteLocal(a netip.Addr) bool {
	if !a.Is6() {
		return false
	}
	b := a.As16()
	return b[0] == 0xfe && b[1]&0xc0 == 0xc0
}

// isBroadcast is for 255.255.255.255, which no router forwards (RFC 919).
func isBroadcast(a netip.Addr) bool {
	return a == netip.AddrFrom4([4]byte{255, 255, 255, 255})
}
