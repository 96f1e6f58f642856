//go:build unix

package scanner

import (
	"net/netip"

	"golang.org/x/sys/unix"
)

// bind prepares a socket and binds it to the source.
func (o origin) bind(fd int, is4 bool) error {
	if o == (origin{}) {
		return nil
	}
	if err := o.prepare(uintptr(fd), is4); err != nil || !o.source.IsValid() {
		return err
	}
	return unix.Bind(fd, sockaddrOf(netip.AddrPortFrom(o.source, 0), o.scope()))
}

// scope is the index of the interface that a link-local source is on, 0 for other
// sources.
func (o origin) scope() uint32 {
	if !o.source.IsLinkLocalUnicast() {
		return 0
	}
	scope := scopeOf(o.source.Zone())
	if scope == 0 && o.device != nil {
		scope = uint32(o.device.Index)
	}
	return scope
}

// sockaddrOf is addr for package unix. Scope is the index of its zone, 0 for none.
func sockaddrOf(addr netip.AddrPort, scope uint32) unix.Sockaddr {
	if addr.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(addr.Port()), Addr: addr.Addr().As16(), ZoneId: scope}
}
