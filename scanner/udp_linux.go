package scanner

import (
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"porthole/scanner/internal/schedule"
)

// request makes a UDP attempt. A connected socket hears that address and port only,
// and can be used again; a service that answers from another port needs one
// that is not connected.
func (w *worker) request(slot int32, s *socket, port uint16) {
	connected := !w.scan.cfg.answersElsewhere(port)
	var e syscall.Errno
	if connected {
		e = w.sys.connect(s.fd, &s.to.raw, s.to.size)
	}
	if e == 0 {
		e = w.sendTo(s, port, connected)
	}
	if e == 0 {
		e = w.watch(slot, s)
	}
	if e != 0 {
		w.failUDP(slot, s, e)
		return
	}
	w.slots.Sent(1)
	if isOwnPort(s.fd, s.to.addrPort()) { // it would answer itself
		w.discard(s)
		w.inconclusive(slot, errToItself)
		return
	}
	s.busy = true
	if s.loopback {
		w.harvestUDP(slot, s)
	}
}

// disconnect undoes a socket's connection. Connecting again would keep the source
// address that was right for the host before.
func (w *worker) disconnect(s *socket) {
	nowhere := unix.RawSockaddrInet6{Family: unix.AF_UNSPEC}
	w.sys.connect(s.fd, &nowhere, unix.SizeofSockaddrInet6)
}

// sendTo sends the request for a port. ECONNREFUSED is about an earlier one of
// this socket: this one has not left.
func (w *worker) sendTo(s *socket, port uint16, connected bool) syscall.Errno {
	var to *sockaddr
	if !connected {
		to = &s.to
	}
	request := w.scan.cfg.payload(port)
	e := w.sys.send(s.fd, request, to)
	if e == unix.ECONNREFUSED {
		e = w.sys.send(s.fd, request, to)
	}
	return e
}

// failUDP ends an attempt that did not leave. An error from the path is an answer,
// too.
func (w *worker) failUDP(slot int32, s *socket, e syscall.Errno) {
	v := classifyErrno("udp", e)
	_, byICMP := w.sys.icmp(s.fd, w.buffer[:])
	noRoute := !byICMP && w.hasNoRoute(s, e, true)
	w.discard(s)
	if noRoute {
		w.failedByRoute(slot, e)
		return
	}
	if v.state != StateUnknown {
		w.slots.Sent(1)
		w.answered(slot, v, e, schedule.NoSocket)
		return
	}
	w.failed(slot, e)
}

// harvestUDP looks for an answer: a datagram or an ICMP error.
func (w *worker) harvestUDP(slot int32, s *socket) {
	for {
		var from sockaddr
		e := receive(s.fd, w.buffer[:], &from)
		switch {
		case e == unix.EINTR:
			continue
		case e == unix.EAGAIN:
			return
		case e != 0:
			w.concludeICMP(slot, s, e)
			return
		case w.answers(s, from.addrPort()):
			w.discard(s)
			w.answered(slot, verdict{StateOpen, ReasonUDPResponse}, 0, schedule.NoSocket)
			return
		}
	}
}

// answers reports whether a datagram from there is an answer to what s sent. The
// kernel holds a connected socket to one address and port, but what came from
// the port that it asked before may still wait in it.
func (w *worker) answers(s *socket, from netip.AddrPort) bool {
	to := s.to.addrPort()
	return from.Addr().WithZone("") == to.Addr() && (from.Port() == to.Port() || w.scan.cfg.answersElsewhere(to.Port()))
}

// concludeICMP turns an ICMP error, which the socket reports as e, into an
// outcome.
func (w *worker) concludeICMP(slot int32, s *socket, e syscall.Errno) {
	v := classifyErrno("udp", e)
	if found, ok := w.sys.icmp(s.fd, w.buffer[:]); ok {
		v = found.verdict
	}
	if v.state == StateUnknown { // the datagram left, so it was the path that refused
		v = verdict{StateFiltered, ReasonAdminProhibited}
	}
	s.busy = false
	if v.reason == ReasonPortUnreach {
		w.answered(slot, v, e, w.keepSocket(s))
		return
	}
	w.discard(s)
	w.answered(slot, v, e, schedule.NoSocket)
}

// receive takes one datagram from a socket and notes where it came from.
func receive(fd int, buffer []byte, from *sockaddr) syscall.Errno {
	from.size = uint32(unsafe.Sizeof(from.raw))
	_, _, e := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&buffer[0])), uintptr(len(buffer)),
		unix.MSG_DONTWAIT, uintptr(unsafe.Pointer(&from.raw)), uintptr(unsafe.Pointer(&from.size)))
	return e
}
