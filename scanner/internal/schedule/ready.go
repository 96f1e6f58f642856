package schedule

import "time"

// enqueue puts a host that has probes to ask into the ready queue.
func (s *Scheduler[E]) enqueue(h *host) {
	if !h.ready && (!h.wait.empty() || h.slowPass && !h.slow.empty()) {
		h.ready = true
		s.ready.push(h)
	}
}

// next chooses the probe to ask next: one that waits at a host, the hosts in turn; else
// one for a fresh target; else one for its last, slow attempt.
func (s *Scheduler[E]) next(now time.Duration) (id int32, ok bool) {
	for {
		if id, ok := s.nextReady(now); ok {
			return id, true
		}
		if id, ok := s.nextFresh(now); ok {
			return id, true
		}
		if !s.beginSlow() {
			return 0, false
		}
	}
}

func (s *Scheduler[E]) nextReady(now time.Duration) (id int32, ok bool) {
	for h := s.ready.pop(); h != nil; h = s.ready.pop() {
		h.ready = false
		slowly := h.wait.empty()
		if !h.admits(now, slowly) {
			s.waitForPacer(h)
			continue // an attempt that leaves the network enqueues it again
		}
		if id, ok := s.nextOf(h); ok {
			s.enqueue(h)
			return id, true
		}
	}
	return 0, false
}

// nextOf takes the probe of h that is asked next.
func (s *Scheduler[E]) nextOf(h *host) (id int32, ok bool) {
	if id, ok := h.wait.pop(&s.probes); ok {
		if s.probes.all[id].tries == 0 {
			s.parked--
		}
		return id, true
	}
	if !h.slowPass {
		return 0, false
	}
	if id, ok := h.slow.pop(&s.probes); ok {
		return id, true
	}
	h.slowPass = false
	return 0, false
}

// nextFresh takes the next target of the caller that may be asked now; those
// whose host is not ready for them are parked with it.
func (s *Scheduler[E]) nextFresh(now time.Duration) (id int32, ok bool) {
	for s.parked < mostParked && s.probes.live < mostLive {
		t, ok := s.caller.Next()
		if !ok {
			break
		}
		h, isNew := s.hosts.of(t.HostKey)
		if isNew {
			s.setHostTimeout(h, now)
			h.onLink = s.cfg.OnLink != nil && s.cfg.OnLink(h.addr)
		}
		id := s.probes.get(h, t.Port)
		switch {
		case h.expired:
			s.hostTimeout(id, now)
		case h.wait.empty() && h.admits(now, false):
			return id, true
		default:
			s.parked++
			h.wait.push(&s.probes, id)
			if h.window.open() {
				s.enqueue(h)
				s.waitForPacer(h)
			}
		}
	}
	return 0, false
}

// deferLast has a probe wait until the slow attempts of its host begin, or be asked if
// they have.
func (s *Scheduler[E]) deferLast(id int32) {
	h := s.probes.all[id].host
	h.slow.push(&s.probes, id)
	switch {
	case h.slowPass:
		s.enqueue(h)
	case !h.deferred:
		h.deferred = true
		s.deferred.push(h)
	}
}

// beginSlow begins the slow attempts of one more host, once nothing else is
// left to ask or too many probes wait for theirs.
func (s *Scheduler[E]) beginSlow() bool {
	if s.deferred.head == nil || !s.caller.Ended() && s.probes.live < mostLive/2 {
		return false
	}
	h := s.deferred.pop()
	h.deferred, h.slowPass = false, true
	s.enqueue(h)
	return true
}

// waitForPacer sets the timer of a host that only its pacer holds back.
func (s *Scheduler[E]) waitForPacer(h *host) {
	if !h.loopback && h.limit.limited() && h.window.open() {
		s.timers.set(2*h.id, h.limit.pacer.due)
	}
}

// fireHosts handles the timers of hosts that are due: it enqueues hosts that may be
// asked again, and ends those whose time is up.
func (s *Scheduler[E]) fireHosts(now time.Duration) {
	for {
		id, ok := s.timers.pop(now)
		if !ok {
			return
		}
		if h := s.hosts.all[id/2]; id%2 == 0 {
			s.enqueue(h)
		} else {
			s.expireHost(h, now)
		}
	}
}
