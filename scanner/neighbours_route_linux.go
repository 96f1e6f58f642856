package scanner

import (
	"context"
	"encoding/binary"
	"errors"
	"net/netip"

	"golang.org/x/sys/unix"

	"porthole/internal/netlink"
)

// linkTo is the interface by which this machine asks an address itself. It is 0 where a
// router does, and where there is no route.
func (n *neighbours) linkTo(ctx context.Context, a netip.Addr) (link uint32, err error) {
	request, ok := n.routeRequest(a)
	if !ok {
		return 0, nil
	}
	routed := false
	err = n.conn.Do(ctx, request, func(m netlink.Message) error {
		if len(m.Body) < unix.SizeofRtMsg {
			return netlink.ErrShort
		}
		return netlink.Attributes(m.Body[unix.SizeofRtMsg:], func(kind uint16, value []byte) error {
			switch {
			case kind == unix.RTA_OIF && len(value) >= 4:
				link = binary.NativeEndian.Uint32(value)
			case kind == unix.RTA_GATEWAY, kind == unix.RTA_VIA:
				routed = true
			}
			return nil
		})
	})
	if _, refused := errors.AsType[netlink.Error](err); refused || routed {
		return 0, nil
	}
	return link, err
}

// routeRequest asks for the route that a socket takes to an address (rtnetlink(7),
// RTM_GETROUTE). It is not ok if the interface that it has to leave by is not there.
func (n *neighbours) routeRequest(a netip.Addr) (r netlink.Request, ok bool) {
	zone, a := a.Zone(), a.WithZone("").Unmap()
	if zone == "" {
		zone = n.device
	}
	body := make([]byte, unix.SizeofRtMsg)
	body[0], body[1] = unix.AF_INET, byte(a.BitLen())
	if a.Is6() {
		body[0] = unix.AF_INET6
	}
	body = netlink.AppendAttribute(body, unix.RTA_DST, a.AsSlice())
	if n.source.IsValid() && n.source.Is4() == a.Is4() {
		body[2] = byte(a.BitLen())
		body = netlink.AppendAttribute(body, unix.RTA_SRC, n.source.AsSlice())
	}
	if zone != "" {
		link := scopeOf(zone)
		if link == 0 {
			return r, false
		}
		body = netlink.AppendAttribute(body, unix.RTA_OIF, binary.NativeEndian.AppendUint32(nil, link))
	}
	return netlink.Request{Type: unix.RTM_GETROUTE, Body: body}, true
}
