package scanner

import (
	"context"
	"net"
	"net/netip"
	"syscall"
)

// network is what the portable engine asks. With each socket it calls [began], just
// before something is sent with it.
type network interface {
	// dial connects a socket of proto to addr.
	dial(ctx context.Context, proto string, addr netip.AddrPort) (net.Conn, error)
	// listen opens a UDP socket that can hear every port of addr's family.
	listen(ctx context.Context, addr netip.Addr) (net.PacketConn, error)
	// route finds out whether this machine has a way to addr, and sends nothing.
	route(ctx context.Context, addr netip.AddrPort) error
}

// began tells the attempt of a dial that a socket is about to be used for it; nil if
// there is none to check. Only what an attempt dials by itself is its own.
func began(ctx context.Context, socket syscall.RawConn) {
	if a, ok := ctx.(*attempt); ok {
		a.begun(socket)
	}
}

// kernel is the network of this machine. All attempts share its dialer, which tells
// them apart by their context: one for each would be memory for thousands.
type kernel struct {
	origin origin
	dialer net.Dialer
}

// newKernel has no keepalive, which would be two more system calls for a connection that
// is closed at once.
func newKernel(from origin) *kernel {
	prepare := from.control(func(network, _ string, c syscall.RawConn) error { return prepareDial(network, c) })
	control := func(ctx context.Context, network, address string, c syscall.RawConn) error {
		err := prepare(network, address, c)
		if err == nil {
			began(ctx, c)
		}
		return err
	}
	return &kernel{from, net.Dialer{KeepAlive: -1, ControlContext: control}}
}

func (k *kernel) dial(ctx context.Context, proto string, addr netip.AddrPort) (net.Conn, error) {
	is4 := addr.Addr().Unmap().Is4()
	switch {
	case proto == "tcp" && is4:
		return conn(k.dialer.DialTCP(ctx, "tcp4", k.origin.local(), addr))
	case proto == "tcp":
		return conn(k.dialer.DialTCP(ctx, "tcp6", k.origin.local(), addr))
	case is4:
		return conn(hearErrors(k.dialer.DialUDP(ctx, "udp4", k.origin.local(), addr)))
	}
	return conn(hearErrors(k.dialer.DialUDP(ctx, "udp6", k.origin.local(), addr)))
}

// conn keeps a nil pointer from becoming an interface that is not nil.
func conn[C net.Conn](c C, err error) (net.Conn, error) {
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (k *kernel) listen(ctx context.Context, addr netip.Addr) (net.PacketConn, error) {
	return k.origin.listen(ctx, addr.Is4(), func(_, _ string, socket syscall.RawConn) error {
		began(ctx, socket)
		return nil
	})
}

// route connects a UDP socket, which chooses the way. The lack of a free UDP port is
// EAGAIN.
func (k *kernel) route(_ context.Context, addr netip.AddrPort) error {
	c, err := k.dial(context.Background(), "udp", addr) // no attempt's: nothing is sent
	if err != nil {
		return err
	}
	return c.Close()
}
