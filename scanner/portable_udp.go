package scanner

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// answerRoom is enough for any answer: what is cut off is not needed.
const answerRoom = 2048

// askUDP sends payload from a connected socket, which hears datagrams from
// addr alone and ICMP errors about what it sent. It calls left once the datagram
// has left.
func askUDP(ctx context.Context, n network, addr netip.AddrPort, payload []byte, left func()) (verdict, error) {
	conn, err := n.dial(ctx, "udp", addr)
	if err != nil {
		return explain(ctx, n, "udp", addr, err)
	}
	defer conn.Close()
	if toItself(conn) {
		// It would answer itself. While it holds the port, another socket
		// gets a different one.
		second, err := n.dial(ctx, "udp", addr)
		if err != nil {
			return explain(ctx, n, "udp", addr, err)
		}
		defer second.Close()
		if toItself(second) {
			return verdict{StateUnknown, ReasonLocalLimit}, errToItself
		}
		conn = second
	}
	defer obey(ctx, conn)()

	if _, err := conn.Write(payload); err != nil {
		return explain(ctx, n, "udp", addr, err)
	}
	left()
	var room [answerRoom]byte
	_, err = conn.Read(room[:])
	return heard(err)
}

// askElsewhere sends payload from a socket that hears every port of addr's
// host, but no ICMP error. It is for services that answer from a new port,
// when an attempt with a connected socket met silence.
func askElsewhere(ctx context.Context, n network, addr netip.AddrPort, payload []byte, left func()) (verdict, error) {
	conn, err := n.listen(ctx, addr.Addr())
	if err != nil {
		return classify("udp", err), err
	}
	defer conn.Close()
	defer obey(ctx, conn)()

	if addrPortOf(conn.LocalAddr()).Port() == addr.Port() {
		return verdict{StateUnknown, ReasonLocalLimit}, errToItself
	}
	if _, err := conn.WriteTo(payload, net.UDPAddrFromAddrPort(addr)); err != nil {
		return explain(ctx, n, "udp", addr, err)
	}
	left()
	var room [answerRoom]byte
	for {
		_, from, err := conn.ReadFrom(room[:])
		if err != nil || addrPortOf(from).Addr() == addr.Addr().WithZone("") {
			return heard(err)
		}
	}
}

// obey makes the reads and writes of conn end when ctx does. The function it
// returns ends that.
func obey(ctx context.Context, conn interface{ SetDeadline(time.Time) error }) func() {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	return func() { stop() }
}

// heard is the verdict of a read that ended with err. Any datagram is an
// answer, an empty or a long one too.
func heard(err error) (verdict, error) {
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		switch {
		case isCut(errno):
			return verdict{StateOpen, ReasonUDPResponse}, nil
		case classifyErrno("udp", errno).reason == ReasonLocalDenied:
			// The datagram left, so it was the path that refused:
			// ICMPv6 "administratively prohibited" (RFC 4443 section 3.1).
			return verdict{StateFiltered, ReasonAdminProhibited}, err
		}
	}
	if err != nil {
		return classify("udp", err), err
	}
	return verdict{StateOpen, ReasonUDPResponse}, nil
}
