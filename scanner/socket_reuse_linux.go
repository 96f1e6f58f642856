package scanner

import (
	"errors"

	"golang.org/x/sys/unix"

	"porthole/scanner/internal/schedule"
)

// reusedSockets are the sockets with which a worker asks this machine's own TCP
// ports, one port after the other. Nearly all refuse before connect returns, so
// a single socket of each kind does: it stays in the processor's cache, epoll
// need not know it, and its error queue is read once for many refusals, to
// confirm that they were RSTs and not ICMP errors of a firewall.
type reusedSockets struct {
	idle        [schedule.SocketTCP6 + 1]socket
	unconfirmed [schedule.SocketTCP6 + 1][]int32 // outcomes, by number, that hold if the error queue is empty
	off         bool                             // it was not empty once, so every attempt is checked by itself
}

// errUnconfirmed is behind an attempt that ended beside an ICMP error in the queue of a
// reused socket, which does not tell whose it is; and behind a verdict when every
// attempt ended so.
var errUnconfirmed = errors.New("an ICMP error came that may be about another port")

// reusable reports whether s is, or may become, one of the reused sockets.
func (s *socket) reusable() bool {
	return s.loopback && !s.watched && !s.once && !isUDP(s.kind) && s.kind != schedule.NoSocket
}

// reuse gives s the reused socket of kind k, if there is one.
func (w *worker) reuse(s *socket, k schedule.SocketKind) bool {
	if isUDP(k) || w.reused.idle[k].kind == schedule.NoSocket {
		return false
	}
	*s, w.reused.idle[k] = w.reused.idle[k], socket{}
	return true
}

// keepForReuse takes the refusal that s has just met for an RST until it is
// confirmed, and leaves s to the next attempt. It reports false if the attempt
// has to be checked by itself.
func (w *worker) keepForReuse(slot int32, s *socket) bool {
	k := s.kind
	if w.reused.off || !s.reusable() || w.reused.idle[k].kind != schedule.NoSocket {
		return false
	}
	w.reused.unconfirmed[k] = append(w.reused.unconfirmed[k], int32(len(w.outcomes)))
	w.reused.idle[k], *s = *s, socket{}
	w.answered(slot, verdict{StateClosed, ReasonConnRefused}, unix.ECONNREFUSED, schedule.NoSocket)
	return true
}

// confirmAll checks what this batch took for RSTs.
func (w *worker) confirmAll() {
	for k := range w.reused.idle {
		w.confirm(&w.reused.idle[k])
	}
}

// confirm checks whether refusals of s may have been ICMP errors. If so, it has all of
// them asked again, and reports that the present attempt has to be asked again, too.
func (w *worker) confirm(s *socket) (again bool) {
	if !s.reusable() || len(w.reused.unconfirmed[s.kind]) == 0 {
		return false
	}
	unconfirmed := w.reused.unconfirmed[s.kind]
	w.reused.unconfirmed[s.kind] = unconfirmed[:0]
	if _, again = w.sys.icmp(s.fd, w.buffer[:]); !again {
		return false
	}
	w.reused.off = true
	for _, i := range unconfirmed {
		o := &w.outcomes[i]
		*o = inconclusive(o.Slot, o.At, errUnconfirmed)
	}
	return true
}
