package schedule

import "time"

// icmpTimeout is the least timeout for a UDP host that answers closed ports:
// Linux sends an ICMP error per second to one destination once a burst of six
// is spent (net.ipv4.icmp_ratelimit), so a retry must come later than that to
// tell a limit from a filter.
const icmpTimeout = 1100 * time.Millisecond

// fewAttempts is how many attempts the kernel may repeat before it is certain that the
// path is the limit: distant hosts look like a queue at first.
const fewAttempts = 2048

// timeout is how long an attempt at h is waited for. The last attempt is given
// twice the time, or all there is.
func (s *Scheduler[E]) timeout(h *host, now time.Duration, last bool) time.Duration {
	if s.cfg.FullTimeout && (last || s.cfg.Retries == 0) {
		return s.cfg.Timeout
	}
	first := firstTimeout
	if !h.loopback && !h.key.UDP { // UDP services may be slow to answer
		first = s.firsts.Timeout(now, firstTimeout)
	}
	t := h.rtt.timeout(s.cfg.Timeout, first)
	if h.portUnreach && !h.loopback {
		t = max(t, icmpTimeout)
	}
	if last && (h.loopback || h.rtt.known() || !s.path.limits()) { // else the kernel would repeat it
		t *= 2
	}
	switch {
	case h.loopback:
	case h.rtt.known():
		t += 2 * s.path.waiting()
	default:
		t = max(t, leastFirst+2*s.path.waiting())
	}
	return min(t, s.cfg.Timeout)
}

// transit is how long an unanswered attempt at h is assumed to occupy the path, with
// the present queueing delay.
func (s *Scheduler[E]) transit(h *host) time.Duration {
	return max(h.rtt.transit(s.path.transit()), h.rtt.least+s.path.delay)
}

// expire handles the attempts of w whose timers are due.
func (s *Scheduler[E]) expire(w *Slots, now time.Duration, o *Orders) {
	for {
		at, ok := w.timers.pop(now)
		if !ok {
			break
		}
		a := &w.all[at]
		if a.stage == stageLate {
			s.listen(w, at, now, o)
			continue
		}
		if a.stage == stageInFlight {
			a.stage = stageOverdue
			if h := a.host; !h.loopback {
				h.window.leave(now, s.transit(h))
				s.path.leave(now, a.sent)
				s.enqueue(h)
			}
		}
		if !s.pending(a) {
			s.drop(w, at, o)
			continue
		}
		pr := &s.probes.all[a.probe]
		a.target = Target{pr.host.key, pr.port}
		due := pr.host.within(a.sent + s.timeout(pr.host, now, pr.last))
		if now < due {
			// In small steps, since the host's timing may be learned meanwhile.
			w.timers.set(at, min(due, now+firstTransit))
			continue
		}
		if s.postpone(w, at, now) {
			continue
		}
		s.timedOut(a.probe, a.sent, now)
		s.late++
		w.addLate(at)
		s.listen(w, at, now, o)
	}
	for _, l := range []*lateList{&w.late, &w.sole} {
		for l.head != 0 && !s.listens(w, l.head-1, now) {
			s.drop(w, l.head-1, o)
		}
	}
}

// listen goes on listening to a late attempt, or gives it up.
func (s *Scheduler[E]) listen(w *Slots, at int32, now time.Duration, o *Orders) {
	a := &w.all[at]
	if !s.listens(w, at, now) {
		s.drop(w, at, o)
		return
	}
	due := a.sent + firstTimeout // when that may change
	if now >= due {
		due = a.sent + s.cfg.Timeout
	}
	w.timers.set(at, due)
}

// listens reports whether a late answer to an attempt is still waited for. Where the
// path is the limit, an attempt is given up before the kernel repeats its SYN, which
// would take as much of the path as another attempt. One attempt at each host is listened
// to all the same, since the host may be far away.
func (s *Scheduler[E]) listens(w *Slots, at int32, now time.Duration) bool {
	a, long := &w.all[at], s.cfg.Timeout
	limits := s.path.limits() && (s.path.rate() > 0 || s.stats.Attempts > fewAttempts)
	if limits && !s.cfg.FullTimeout && !a.target.UDP && (!s.cfg.Listen || !s.far || w.another(at)) {
		long = min(long, firstTimeout)
	}
	return now < a.sent+long && (s.pending(a) || s.cfg.Listen && s.cfg.HostTimeout == 0)
}

// postpone asks Check whether an attempt that is due has really had its time and no
// answer. If not, it sets its timer again and reports true. The end of a host's time is
// not postponed.
func (s *Scheduler[E]) postpone(w *Slots, at int32, now time.Duration) bool {
	a := &w.all[at]
	if w.Check == nil || a.host.ends != 0 && now >= a.host.ends {
		return false
	}
	sent, wait := w.Check(at)
	switch due := sent + s.timeout(a.host, now, s.probes.all[a.probe].last); {
	case wait:
		w.timers.set(at, now+wheelTick)
	case now < due:
		a.sent = sent
		w.timers.set(at, a.host.within(due))
	default:
		return false
	}
	return true
}

// pending reports whether an attempt's probe has no verdict yet.
func (s *Scheduler[E]) pending(a *slot) bool {
	return s.probes.pending(a.probe, a.gen)
}

// drop gives a slot and its socket up.
func (s *Scheduler[E]) drop(w *Slots, at int32, o *Orders) {
	if w.all[at].stage == stageLate {
		s.late--
	}
	w.release(at, NoSocket)
	o.Drops = append(o.Drops, at)
}
