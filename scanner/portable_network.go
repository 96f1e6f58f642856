package scanner

import (
	"context"
	"net"
	"net/netip"
	"syscall"
)

// network opens the sockets of the portable engine. began, if not nil, is called
// with a socket just before something is sent with it.
type network interface {
	// dial connects a socket of proto to addr.
	dial(ctx context.Context, proto string, addr netip.AddrPort, began func(syscall.RawConn)) (net.Conn, error)
	// listen opens a UDP socket that can hear every port of addr's family.
	listen(ctx context.Context, addr netip.Addr, began func(syscall.RawConn)) (net.PacketConn, error)
}

// kernel is the network of this machine.
type kernel struct{ origin origin }

func (k kernel) dial(ctx context.Context, proto string, addr netip.AddrPort, began func(syscall.RawConn)) (net.Conn, error) {
	d := dialer(began)
	d.Control = k.origin.control(addr.Addr().Unmap().Is4(), d.Control)
	if proto == "udp" {
		return conn(hearErrors(d.DialUDP(ctx, "udp", k.origin.local(), addr)))
	}
	return conn(d.DialTCP(ctx, "tcp", k.origin.local(), addr))
}

// conn keeps a nil pointer from becoming an interface that is not nil.
func conn[C net.Conn](c C, err error) (net.Conn, error) {
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (k kernel) listen(ctx context.Context, addr netip.Addr, began func(syscall.RawConn)) (net.PacketConn, error) {
	return k.origin.listen(ctx, addr.Is4(), func(_, _ string, socket syscall.RawConn) error {
		if began != nil {
			began(socket)
		}
		return nil
	})
}
