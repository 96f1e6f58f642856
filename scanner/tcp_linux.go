package scanner

import (
	"syscall"

	"golang.org/x/sys/unix"

	"porthole/scanner/internal/schedule"
)

// connect starts a TCP attempt. The answer is known at once when the kernel has
// it before the call returns, as with most ports of this machine.
func (w *worker) connect(slot int32, s *socket) {
	e := w.sys.connect(s.fd, &s.to.raw, s.to.size)
	if e == unix.ECONNABORTED { // left behind by an earlier connection, and reported once
		e = w.sys.connect(s.fd, &s.to.raw, s.to.size)
	}
	w.slots.Sent(1)
	if e != unix.EINPROGRESS && e != unix.EINTR {
		w.concludeTCP(slot, s, e, true)
		return
	}
	s.busy = true
	if s.loopback {
		w.harvestTCP(slot, s) // its answer is most likely here by now
	}
	if !s.busy || s.loopback && w.rejectedTCP(slot, s) {
		return
	}
	if e := w.watch(slot, s); e != 0 {
		w.slots.Sent(-1)
		w.discard(s)
		w.failed(slot, e)
	}
}

// harvestTCP fetches the result of a connection. Calling connect again does it
// and makes the socket fit for the next connection; SO_ERROR would clear the
// error and leave the socket in the middle (net/ipv4/af_inet.c,
// __inet_stream_connect). On a socket that is not connecting it would start a
// connection, so the caller must have seen that s is busy. An event may be a
// late one about the connection before this one: then the answer is EALREADY.
func (w *worker) harvestTCP(slot int32, s *socket) {
	switch e := w.sys.connect(s.fd, &s.to.raw, s.to.size); e {
	case unix.EALREADY, unix.EINPROGRESS, unix.EINTR:
	default:
		w.concludeTCP(slot, s, e, false)
	}
}

// rejectedTCP looks for an ICMP error that came while connect was at work, as
// those of this machine's own firewall and of nearby ones do: the kernel notes it in
// the error queue, but does not end the connection for it (net/ipv4/tcp_ipv4.c,
// tcp_v4_err, where the socket is owned by the user).
func (w *worker) rejectedTCP(slot int32, s *socket) bool {
	if w.confirm(s) {
		w.discard(s)
		w.inconclusive(slot, errUnconfirmed)
		return true
	}
	e, ok := w.sys.icmp(s.fd, w.buffer[:])
	if ok {
		w.discard(s)
		w.answered(slot, e.ofTCP(), e.errno, schedule.NoSocket)
	}
	return ok
}

// concludeTCP turns connect's result into an outcome. A refused socket is used again;
// others are not. Began says that e is from the call that started the connection.
func (w *worker) concludeTCP(slot int32, s *socket, e syscall.Errno, began bool) {
	s.busy = false
	if e == unix.ECONNREFUSED && w.keepForReuse(slot, s) {
		return
	}
	if w.confirm(s) {
		abortOnClose(s.fd)
		w.discard(s)
		w.inconclusive(slot, errUnconfirmed)
		return
	}
	switch e {
	case 0, unix.EISCONN:
		if isOwnPort(s.fd, s.to.addrPort()) {
			abortOnClose(s.fd)
			w.discard(s)
			w.inconclusive(slot, errToItself)
			return
		}
		if !w.handOver(s) {
			abortOnClose(s.fd)
			w.discard(s)
		}
		w.answered(slot, verdict{StateOpen, ReasonSynAck}, 0, schedule.NoSocket)
	case unix.ECONNREFUSED:
		v := verdict{StateClosed, ReasonConnRefused}
		if found, ok := w.sys.icmp(s.fd, w.buffer[:]); ok && found.reason == ReasonPortUnreach {
			v = found.ofTCP()
		}
		w.answered(slot, v, e, w.keepSocket(s))
	case unix.ECONNABORTED, unix.EALREADY:
		w.discard(s)
		w.inconclusive(slot, e)
	default:
		v := classifyErrno("tcp", e)
		found, ok := w.sys.icmp(s.fd, w.buffer[:])
		if ok {
			v = found.ofTCP()
		}
		noRoute := !ok && w.hasNoRoute(s, e, began)
		w.discard(s)
		switch {
		case noRoute:
			w.slots.Sent(-1)
			w.failedByRoute(slot, e)
		case v.state == StateUnknown:
			w.slots.Sent(-1)
			w.failed(slot, e)
		case v.silence():
			w.timedOut(slot)
		default:
			w.answered(slot, v, e, schedule.NoSocket)
		}
	}
}

// hasNoRoute reports whether e, without an ICMP error in the queue, says that this
// machine has no route to the target. The first call of connect says so. EADDRNOTAVAIL
// may also be the lack of a free port, which is temporary.
func (w *worker) hasNoRoute(s *socket, e syscall.Errno, began bool) bool {
	if e == unix.EADDRNOTAVAIL {
		return w.sys.noSource(&s.to)
	}
	return began && mayBeNoRoute(e)
}
