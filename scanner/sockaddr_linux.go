package scanner

import (
	"encoding/binary"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sockaddr is a socket address as the kernel takes it (ip(7), ipv6(7)). One of
// either family fits, so that it can be reused.
type sockaddr struct {
	raw  unix.RawSockaddrInet6
	size uint32
}

// set makes s the address and port of one end; scope is the index of its zone,
// 0 for none. The address must be unmapped.
func (s *sockaddr) set(addr netip.Addr, port uint16, scope uint32) {
	if addr.Is4() {
		raw := (*unix.RawSockaddrInet4)(unsafe.Pointer(&s.raw))
		*raw = unix.RawSockaddrInet4{Family: unix.AF_INET, Port: bigEndian(port), Addr: addr.As4()}
		s.size = unix.SizeofSockaddrInet4
		return
	}
	s.raw = unix.RawSockaddrInet6{Family: unix.AF_INET6, Port: bigEndian(port), Addr: addr.As16(), Scope_id: scope}
	s.size = unix.SizeofSockaddrInet6
}

// addrPort is what the kernel wrote to s, without its zone.
func (s *sockaddr) addrPort() netip.AddrPort {
	switch s.raw.Family {
	case unix.AF_INET:
		raw := (*unix.RawSockaddrInet4)(unsafe.Pointer(&s.raw))
		return netip.AddrPortFrom(netip.AddrFrom4(raw.Addr), bigEndian(raw.Port))
	case unix.AF_INET6:
		return netip.AddrPortFrom(netip.AddrFrom16(s.raw.Addr), bigEndian(s.raw.Port))
	}
	return netip.AddrPort{}
}

// bigEndian turns a port in host order to network order, or back.
func bigEndian(port uint16) uint16 {
	var b [2]byte
	binary.BigEndian.PutUint16(b[:], port)
	return binary.NativeEndian.Uint16(b[:])
}
