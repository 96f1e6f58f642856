package scanner

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
)

// origin is where attempts leave from. The zero value leaves that to the system.
type origin struct {
	source netip.Addr     // unmapped; not valid for any
	device *net.Interface // nil for any
}

// newOrigin checks that attempts can leave from there.
func newOrigin(source netip.Addr, device string) (o origin, err error) {
	o.source = source.Unmap()
	if device != "" {
		if o.device, err = net.InterfaceByName(device); err != nil {
			return o, fmt.Errorf("interface %s: there is none of that name%s", device, interfacesHere())
		}
	}
	if o == (origin{}) {
		return o, nil
	}
	c, err := o.listen(context.Background(), !o.source.IsValid() || o.source.Is4(), nil)
	switch {
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return o, fmt.Errorf("%s: this machine does not have that address there", o)
	case err != nil:
		return o, fmt.Errorf("%s: no socket can leave from there: %w", o, err)
	}
	return o, c.Close()
}

// interfacesHere names the interfaces of this machine; "" if they cannot be listed.
func interfacesHere() string {
	all, _ := net.Interfaces()
	if len(all) == 0 {
		return ""
	}
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].Name
	}
	return "; there are " + strings.Join(names, ", ")
}

func (o origin) String() string {
	switch {
	case o.device == nil:
		return "source " + o.source.String()
	case !o.source.IsValid():
		return "interface " + o.device.Name
	}
	return "source " + o.source.String() + " on interface " + o.device.Name
}

// fits reports why a target cannot be asked from there.
func (o origin) fits(t Target) error {
	if o.source.IsValid() && o.source.Is4() != t.Addr.Addr().Unmap().Is4() {
		return fmt.Errorf("%w: %v cannot be asked from %v", ErrBadTarget, t.Addr.Addr(), o.source)
	}
	return nil
}

// local is the address that package net binds a socket to: the zero value for none.
func (o origin) local() netip.AddrPort {
	if !o.source.IsValid() {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(o.source, 0)
}

// control is what package net calls with a socket before it is bound.
type control func(network, address string, c syscall.RawConn) error

// control returns one that prepares sockets and calls began, if not nil, last.
func (o origin) control(began control) control {
	if o == (origin{}) {
		return began
	}
	return func(network, address string, c syscall.RawConn) error {
		is4 := strings.HasSuffix(network, "4") // package net tells the family of the socket
		var err error
		if cerr := c.Control(func(fd uintptr) { err = o.prepare(fd, is4) }); cerr != nil {
			return cerr
		}
		if err != nil || began == nil {
			return err
		}
		return began(network, address, c)
	}
}

// listen opens a UDP socket.
func (o origin) listen(ctx context.Context, is4 bool, began control) (net.PacketConn, error) {
	network, local := "udp6", netip.AddrPortFrom(netip.IPv6Unspecified(), 0)
	if is4 {
		network, local = "udp4", netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
	}
	if o.source.IsValid() {
		local = o.local()
	}
	c := net.ListenConfig{Control: o.control(began)}
	return c.ListenPacket(ctx, network, local.String())
}
