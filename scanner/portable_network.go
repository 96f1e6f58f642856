package scanner

import (
	"context"
	"net"
	"net/netip"
	"syscall"
)

// network is what the portable engine asks.
type network interface {
	// opener is for one goroutine. It calls began with each socket just before
	// something is sent with it.
	opener(began func(syscall.RawConn)) opener
}

// opener opens sockets.
type opener interface {
	// dial connects a socket of proto to addr.
	dial(ctx context.Context, proto string, addr netip.AddrPort) (net.Conn, error)
	// listen opens a UDP socket that can hear every port of addr's family.
	listen(ctx context.Context, addr netip.Addr) (net.PacketConn, error)
	// route finds out whether this machine has a way to addr, and sends nothing.
	route(ctx context.Context, addr netip.AddrPort) error
}

// kernel is the network of this machine.
type kernel struct{ origin origin }

func (k kernel) opener(began func(syscall.RawConn)) opener { return newKernelOpener(k.origin, began) }

// kernelOpener opens sockets by a dialer that was made once: one of its own for each
// dial would be a third of what package net allocates, and of the stack.
type kernelOpener struct {
	origin origin
	began  func(syscall.RawConn)
	dialer net.Dialer
}

func newKernelOpener(from origin, began func(syscall.RawConn)) *kernelOpener {
	k := &kernelOpener{origin: from, began: began, dialer: dialer(began)}
	control := from.control(k.dialer.Control)
	k.dialer.ControlContext = func(_ context.Context, network, address string, c syscall.RawConn) error { // Control is wrapped in one for each dial
		return control(network, address, c)
	}
	return k
}

func (k *kernelOpener) dial(ctx context.Context, proto string, addr netip.AddrPort) (net.Conn, error) {
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

func (k *kernelOpener) listen(ctx context.Context, addr netip.Addr) (net.PacketConn, error) {
	return k.origin.listen(ctx, addr.Is4(), func(_, _ string, socket syscall.RawConn) error {
		k.began(socket)
		return nil
	})
}

// route connects a UDP socket, which chooses the way. The lack of a free UDP port is
// EAGAIN.
func (k *kernelOpener) route(ctx context.Context, addr netip.AddrPort) error {
	c, err := newKernelOpener(k.origin, func(syscall.RawConn) {}).dial(ctx, "udp", addr)
	if err != nil {
		return err
	}
	return c.Close()
}
