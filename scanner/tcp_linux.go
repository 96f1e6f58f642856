package scanner

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// connect starts a TCP attempt. The answer is known at once when the kernel has
// it before the call returns, as with most ports of this machine.
func (w *worker) connect(place int32, s *sock) {
	e := w.sys.connect(s.fd, &s.to.raw, s.to.size)
	if e == unix.ECONNABORTED { // what an earlier connection left behind, told once
		e = w.sys.connect(s.fd, &s.to.raw, s.to.size)
	}
	w.launched++
	if e != unix.EINPROGRESS && e != unix.EINTR {
		w.concludeTCP(place, s, e)
		return
	}
	s.busy = true
	if s.near {
		w.harvestTCP(place, s) // its answer is most likely here by now
	}
	if !s.busy || s.near && w.rejectedTCP(place, s) {
		return
	}
	if e := w.watch(place, s); e != 0 {
		w.launched--
		w.discard(s)
		w.failed(place, e)
	}
}

// harvestTCP fetches the result of a connection. Calling connect again does it
// and makes the socket fit for the next connection; SO_ERROR would clear the
// error and leave the socket in the middle (net/ipv4/af_inet.c,
// __inet_stream_connect). On a socket that is not connecting it would start a
// connection, so the caller must have seen that s is busy. An event may be a
// late one about the connection before this one: then the answer is EALREADY.
func (w *worker) harvestTCP(place int32, s *sock) {
	switch e := w.sys.connect(s.fd, &s.to.raw, s.to.size); e {
	case unix.EALREADY, unix.EINPROGRESS, unix.EINTR:
	default:
		w.concludeTCP(place, s, e)
	}
}

// rejectedTCP looks for an ICMP error that this machine's own firewall answered
// while connect was at work: the kernel notes it, but does not end the
// connection for it (net/ipv4/tcp_ipv4.c, tcp_v4_err).
func (w *worker) rejectedTCP(place int32, s *sock) bool {
	if w.vouchFor(s) {
		w.discard(s)
		w.note(place, eventVoid)
		return true
	}
	e, ok := w.sys.icmp(s.fd, w.buffer[:])
	if ok {
		w.discard(s)
		w.answered(place, e.ofTCP(), e.errno, kindBare)
	}
	return ok
}

// concludeTCP turns connect's result into an outcome. A refused socket is used
// again; one that connected or met anything else is not.
func (w *worker) concludeTCP(place int32, s *sock, e syscall.Errno) {
	s.busy = false
	if e == unix.ECONNREFUSED && w.giveBack(place, s) {
		return
	}
	if w.vouchFor(s) {
		abortOnClose(s.fd)
		w.discard(s)
		w.note(place, eventVoid)
		return
	}
	switch e {
	case 0, unix.EISCONN:
		self := w.isOwnPort(s)
		abortOnClose(s.fd)
		w.discard(s)
		if self {
			w.note(place, eventVoid)
			return
		}
		w.answered(place, verdict{StateOpen, ReasonSynAck}, 0, kindBare)
	case unix.ECONNREFUSED:
		v := verdict{StateClosed, ReasonConnRefused}
		if found, ok := w.sys.icmp(s.fd, w.buffer[:]); ok && found.reason == ReasonPortUnreach {
			v = found.ofTCP()
		}
		w.answered(place, v, e, w.keep(s))
	case unix.ECONNABORTED, unix.EALREADY:
		w.discard(s)
		w.outcomes = append(w.outcomes, outcome{err: e, event: eventVoid, kept: kindBare, place: place, at: w.clock()})
	default:
		v := w.classify("tcp", s, e)
		if found, ok := w.sys.icmp(s.fd, w.buffer[:]); ok {
			v = found.ofTCP()
		}
		w.discard(s)
		switch {
		case v.state == StateUnknown:
			w.launched--
			w.failed(place, e)
		case v.silence():
			w.note(place, eventMissed)
		default:
			w.answered(place, v, e, kindBare)
		}
	}
}

// isOwnPort reports that a socket of this machine asked its own port, and so
// met itself: TCP by simultaneous open (RFC 9293 section 3.5), UDP by hearing
// its own request. It proves no listener.
func (w *worker) isOwnPort(s *sock) bool {
	var local sockaddr
	local.size = uint32(unsafe.Sizeof(local.raw))
	_, _, e := unix.RawSyscall(unix.SYS_GETSOCKNAME, uintptr(s.fd), uintptr(unsafe.Pointer(&local.raw)), uintptr(unsafe.Pointer(&local.size)))
	to, from := s.to.addrPort(), local.addrPort()
	return e == 0 && from.Port() == to.Port() && (from.Addr() == to.Addr() || from.Addr().IsUnspecified())
}

// abortOnClose makes close send RST, which leaves no TIME_WAIT behind that
// would spend an ephemeral port for a minute.
func abortOnClose(fd int) {
	v := unix.Linger{Onoff: 1}
	unix.RawSyscall6(unix.SYS_SETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_LINGER, uintptr(unsafe.Pointer(&v)), unsafe.Sizeof(v), 0)
}
