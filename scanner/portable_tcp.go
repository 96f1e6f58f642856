package scanner

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
)

// askTCP connects to addr. The connection is reset, not closed, so that it
// leaves no TIME_WAIT on this machine, or given to keep if that takes it.
func askTCP(ctx context.Context, n network, addr netip.AddrPort, keep keeper) (verdict, error) {
	conn, err := n.dial(ctx, "tcp", addr)
	if err != nil {
		return explain(ctx, n, "tcp", addr, err)
	}
	if !toItself(conn) {
		if keep == nil || addr.Addr().Zone() != "" || !keep(addr, conn) {
			reset(conn)
		}
		return verdict{StateOpen, ReasonSynAck}, nil
	}
	defer reset(conn)
	// The kernel gave the probe the probed port as its own, and TCP connected
	// to itself (simultaneous open, RFC 9293 section 3.5). While that socket
	// holds the port, another one cannot get it, so now the host answers.
	second, err := n.dial(ctx, "tcp", addr)
	if err != nil {
		return explain(ctx, n, "tcp", addr, err)
	}
	defer reset(second)
	if toItself(second) {
		return verdict{StateUnknown, ReasonLocalLimit}, errToItself
	}
	return verdict{StateOpen, ReasonSynAck}, nil
}

// errToItself is behind an attempt that proved nothing, and behind a verdict when
// every source port this machine could give was the probed port.
var errToItself = errors.New("the only free source port is the probed port itself")

// reset closes conn with RST.
func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // without it only a port is held for a minute
	}
	_ = conn.Close()
}

// toItself reports that both ends of conn are the same socket.
func toItself(conn net.Conn) bool {
	local, remote := addrPortOf(conn.LocalAddr()), addrPortOf(conn.RemoteAddr())
	return local.IsValid() && local == remote
}

// addrPortOf is a as a value that can be compared, without its zone.
func addrPortOf(a net.Addr) netip.AddrPort {
	ap, ok := a.(interface{ AddrPort() netip.AddrPort })
	if !ok {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(ap.AddrPort().Addr().Unmap().WithZone(""), ap.AddrPort().Port())
}

// explain classifies the error of a dial. Where this machine has no way to addr
// nothing was sent, which is no evidence, and no waiting helps. The same errors come
// from a lack of free ports and from the routers of the path: so the route is looked
// for.
func explain(ctx context.Context, n network, proto string, addr netip.AddrPort, err error) (verdict, error) {
	if isMayBeNoRoute(err) && isMayBeNoRoute(n.route(ctx, addr)) {
		return verdict{StateUnknown, ReasonNoRoute}, err
	}
	return classify(proto, err), err
}

func isMayBeNoRoute(err error) bool {
	errno, ok := errors.AsType[syscall.Errno](err)
	return ok && mayBeNoRoute(errno)
}
