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
func askTCP(ctx context.Context, n opener, addr netip.AddrPort, keep keeper) (verdict, error) {
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

// explain classifies the error of a dial. An address that none of ours can
// reach (IPv6 switched off, for one) is EADDRNOTAVAIL as a lack of free ports
// is, but no waiting helps: it is a missing route.
func explain(ctx context.Context, n opener, proto string, addr netip.AddrPort, err error) (verdict, error) {
	if noAddress(err) && noSourceFor(ctx, n, addr) {
		return verdict{StateFiltered, ReasonNetUnreach}, err
	}
	return classify(proto, err), err
}

// noAddress reports that err is EADDRNOTAVAIL.
func noAddress(err error) bool {
	errno, ok := errors.AsType[syscall.Errno](err)
	return ok && isNoAddress(errno)
}

// noSourceFor reports that this machine has no address to reach addr from. It
// connects a UDP socket, which chooses the address and sends nothing; the lack
// of a free UDP port is EAGAIN, not EADDRNOTAVAIL.
func noSourceFor(ctx context.Context, n opener, addr netip.AddrPort) bool {
	conn, err := n.dial(ctx, "udp", addr)
	if err != nil {
		return noAddress(err)
	}
	_ = conn.Close()
	return false
}
