//go:build unix

package scanner

import (
	"net/netip"

	"golang.org/x/sys/unix"
)

// isOwnPort reports whether a socket asked its own port and so met itself: TCP by
// simultaneous open (RFC 9293 section 3.5), UDP by hearing its own request. That
// proves no listener. The address asked is without its zone.
func isOwnPort(fd int, asked netip.AddrPort) bool {
	local := localAddr(fd)
	return local.Port() == asked.Port() && (local.Addr() == asked.Addr() || local.Addr().IsUnspecified())
}

// localAddr is the address that a socket is bound to, without its zone; the zero value
// if it is closed.
func localAddr(fd int) netip.AddrPort {
	switch local, _ := unix.Getsockname(fd); a := local.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr), uint16(a.Port))
	}
	return netip.AddrPort{}
}
