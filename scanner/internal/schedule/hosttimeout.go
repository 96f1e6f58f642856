package schedule

import "time"

// setHostTimeout starts the clock of a new host, whose record may have served
// another. Both protocols of an address have one clock.
func (s *Scheduler[E]) setHostTimeout(h *host, now time.Duration) {
	s.timers.clear(2 * h.id)
	if s.cfg.HostTimeout == 0 {
		return
	}
	h.ends = now + s.cfg.HostTimeout
	if other := s.hosts.sibling(h); other != nil {
		h.ends = other.ends
	}
	h.expired = now >= h.ends
	s.timers.set(2*h.id+1, h.ends)
}

// expireHost ends the probes that wait at a host whose time is up. Those that
// are in flight end with their own timers.
func (s *Scheduler[E]) expireHost(h *host, now time.Duration) {
	h.expired = true
	s.acceptRejections(h, now)
	for _, q := range []*queue{&h.wait, &h.slow} {
		for {
			id, ok := q.pop(&s.probes)
			if !ok {
				break
			}
			if s.probes.all[id].tries == 0 {
				s.parked--
			}
			s.hostTimeout(id, now)
		}
	}
}

// hostTimeout ends a probe whose host's time is up.
func (s *Scheduler[E]) hostTimeout(id int32, now time.Duration) {
	s.stats.TimedOut++
	s.finish(id, Verdict[E]{Ending: HostTimeout, At: now})
}
