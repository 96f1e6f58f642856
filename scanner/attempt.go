package scanner

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// network opens the sockets that attempts are made with.
type network interface {
	// dial connects a socket of proto to addr.
	dial(ctx context.Context, proto string, addr netip.AddrPort) (net.Conn, error)
	// listen opens a UDP socket that can hear every port of addr's family.
	listen(ctx context.Context, addr netip.Addr) (net.PacketConn, error)
}

// ask makes one attempt of p and says what came back.
func ask(ctx context.Context, n network, cfg config, p probe) answer {
	addr := netip.AddrPortFrom(p.Addr.Addr().Unmap(), p.Addr.Port())
	var v verdict
	var err error
	start := time.Now()
	deadline := start.Add(cfg.timeout)
	if p.timeUp(deadline) {
		deadline = p.until
	}
	try, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	switch {
	case p.Proto == "tcp":
		v, err = askTCP(try, n, addr)
	case p.silences > 0 && cfg.answersElsewhere(addr.Port()):
		v, err = askElsewhere(try, n, addr, cfg.payload(addr.Port()))
	default:
		v, err = askUDP(try, n, addr, cfg.payload(addr.Port()))
	}
	a := answer{verdict: v, at: time.Now(), err: err}
	if v.state == StateUnknown || v.silence() {
		a.interrupted = ended(ctx, a.at, err)
	}
	switch {
	case v.silence() && p.timeUp(a.at):
		a.verdict, a.err = verdict{StateUnknown, ReasonNone}, ErrHostTimeout
	case v.silence():
		a.err = nil
	case v.state == StateOpen || v.state == StateClosed:
		a.rtt = a.at.Sub(start)
	}
	return a
}

// ended reports that an attempt found nothing because the whole scan ended.
// The deadline of ctx is compared as well, since sockets may notice it first.
func ended(ctx context.Context, now time.Time, err error) bool {
	if _, ok := errors.AsType[syscall.Errno](err); ok {
		return false // the kernel's own word, whenever it came
	}
	deadline, ok := ctx.Deadline()
	return ctx.Err() != nil || ok && !now.Before(deadline)
}

// askTCP connects to addr. The connection is reset, not closed, so that it
// leaves no TIME_WAIT on this machine.
func askTCP(ctx context.Context, n network, addr netip.AddrPort) (verdict, error) {
	conn, err := n.dial(ctx, "tcp", addr)
	if err != nil {
		return explain(ctx, n, "tcp", addr, err)
	}
	defer reset(conn)
	if !toItself(conn) {
		return verdict{StateOpen, ReasonSynAck}, nil
	}
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

// errToItself is behind a verdict when every source port this machine could
// give was the probed port.
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
func explain(ctx context.Context, n network, proto string, addr netip.AddrPort, err error) (verdict, error) {
	if noAddress(err) && sourceless(ctx, n, addr) {
		return verdict{StateFiltered, ReasonNetUnreach}, err
	}
	return classify(proto, err), err
}

// noAddress reports that err is EADDRNOTAVAIL.
func noAddress(err error) bool {
	errno, ok := errors.AsType[syscall.Errno](err)
	return ok && isNoAddress(errno)
}

// sourceless reports that this machine has no address to reach addr from. It
// connects a UDP socket, which chooses the address and sends nothing; the lack
// of a free UDP port is EAGAIN, not EADDRNOTAVAIL.
func sourceless(ctx context.Context, n network, addr netip.AddrPort) bool {
	conn, err := n.dial(ctx, "udp", addr)
	if err != nil {
		return noAddress(err)
	}
	_ = conn.Close()
	return false
}

// kernel is the network of this machine.
type kernel struct{}

func (kernel) dial(ctx context.Context, proto string, addr netip.AddrPort) (net.Conn, error) {
	d := dialer()
	if proto == "udp" {
		return conn(hearErrors(d.DialUDP(ctx, "udp", netip.AddrPort{}, addr)))
	}
	return conn(d.DialTCP(ctx, "tcp", netip.AddrPort{}, addr))
}

// conn keeps a nil pointer from becoming an interface that is not nil.
func conn[C net.Conn](c C, err error) (net.Conn, error) {
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (kernel) listen(ctx context.Context, addr netip.Addr) (net.PacketConn, error) {
	var c net.ListenConfig
	if addr.Is4() {
		return c.ListenPacket(ctx, "udp4", ":0")
	}
	return c.ListenPacket(ctx, "udp6", ":0")
}
