package scanner

import "golang.org/x/sys/unix"

// quick are the sockets with which a worker asks this machine's own TCP ports,
// one port after the other. Nearly all refuse before connect returns, so a
// single socket does for them: it stays in the processor's cache, epoll need
// not know it, and its error queue is read once for many refusals, to see that
// they were RSTs and not ICMP errors of a firewall.
type quick struct {
	idle  [kindUDP4]sock    // by kind
	taken [kindUDP4][]int32 // outcomes, by number, that hold if the error queue is empty
	wary  bool              // it was not: every attempt has a look of its own now
}

// mayBeQuick reports that s may have made attempts that are still to be vouched
// for.
func (s *sock) mayBeQuick() bool {
	return s.near && !s.watched && !s.once && (s.kind == kindTCP4 || s.kind == kindTCP6)
}

// borrow gives s the quick socket of kind k, if there is one.
func (w *worker) borrow(s *sock, k kind) bool {
	if k >= kindUDP4 || w.quick.idle[k].kind == kindBare {
		return false
	}
	*s, w.quick.idle[k] = w.quick.idle[k], sock{}
	return true
}

// giveBack takes the refusal that s has just met for an RST until vouch has
// looked, and leaves s to the next attempt. It reports false if that attempt
// has to be looked at by itself.
func (w *worker) giveBack(place int32, s *sock) bool {
	k := s.kind
	if w.quick.wary || !s.mayBeQuick() || w.quick.idle[k].kind != kindBare {
		return false
	}
	w.quick.taken[k] = append(w.quick.taken[k], int32(len(w.outcomes)))
	w.quick.idle[k], *s = *s, sock{}
	w.answered(place, verdict{StateClosed, ReasonConnRefused}, unix.ECONNREFUSED, kindBare)
	return true
}

// vouch looks at what this batch took for RSTs.
func (w *worker) vouch() {
	for k := range w.quick.idle {
		w.vouchFor(&w.quick.idle[k])
	}
}

// vouchFor looks whether what s met may have been ICMP errors. Then it has every
// refusal asked again, and reports that the present attempt has to be as well.
func (w *worker) vouchFor(s *sock) (again bool) {
	if !s.mayBeQuick() || len(w.quick.taken[s.kind]) == 0 {
		return false
	}
	taken := w.quick.taken[s.kind]
	w.quick.taken[s.kind] = taken[:0]
	if _, again = w.sys.icmp(s.fd, w.buffer[:]); !again {
		return false
	}
	w.quick.wary = true
	for _, i := range taken {
		o := &w.outcomes[i]
		*o = outcome{event: eventVoid, kept: kindBare, place: o.place, at: o.at}
	}
	return true
}
