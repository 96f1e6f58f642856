package schedule

import "time"

// spareTries is how many attempts of a probe may prove nothing, because the speed of
// its host is changed, or no source port fits.
const spareTries = 250

// mostLossSamples is how many samples are asked twice to find out whether attempts get
// lost, apart from those of hosts that have answered.
const mostLossSamples = 200

// limitedSamples is how often a UDP sample is asked once ICMP errors came. They are
// limited: by Linux to one a second for each destination, by routers for whole networks.
const limitedSamples = 4

// mostTries ends a probe that would be asked without end.
func (s *Scheduler[E]) mostTries() int { return s.cfg.Retries + spareTries }

// timedOut decides what follows from an attempt that nothing answered in time:
// another attempt, the last slow one, or the verdict.
func (s *Scheduler[E]) timedOut(id int32, sent, now time.Duration) {
	pr := &s.probes.all[id]
	h := pr.host
	if !h.loopback && s.stats.Attempts <= fewAttempts {
		s.path.restartSmall(now)
	}
	if pr.epoch != h.epoch || sent < h.limit.slowedAt {
		pr.epoch, pr.timeouts, pr.early, pr.last = h.epoch, 0, 0, false
	} else {
		pr.timeouts++
	}
	if !s.cfg.Sampling && !h.loopback && sent < s.path.foundAt && pr.early < pr.timeouts {
		pr.early, pr.last = pr.early+1, false // nobody knew how much the path takes
	}
	silent := int(pr.timeouts - pr.early)
	pr.timedOut, pr.short = sent, 0
	if h.rejections.testing {
		gen := pr.gen
		s.testRejections(h, sent, pr.rejected > 0, now)
		if !s.probes.pending(id, gen) {
			return // an earlier rejection was the verdict
		}
	}
	need := s.cfg.Retries
	if !h.loopback {
		least := 0.0
		if h.limit.limited() {
			least = limitedLoss // as long as its limit is searched for, even if not on average
		}
		need = max(need+h.loss.extra(), h.loss.attempts(least)-1)
		if h.loss.tried < answersForLoss && !h.limit.limited() {
			need = max(need, s.pathLoss.unknown()-1)
		}
	}
	switch {
	case h.expired, h.ends != 0 && now >= h.ends:
		s.hostTimeout(id, now)
	case s.cfg.Sampling && s.sampleAgain(pr, h):
		s.retry(id, now)
	case s.cfg.Retries == 0, pr.last && silent > need, int(pr.tries) >= s.mostTries():
		s.finishSilent(id, now)
	case silent >= need && !pr.last:
		pr.last = true
		if h.limit.limited() {
			s.retry(id, now) // its host is asked slowly anyway
			return
		}
		s.deferLast(id)
	default:
		pr.last = false // more gets lost than was known
		s.retry(id, now)
	}
}

// sampleAgain reports whether a silent sample is asked again: to find out whether
// attempts get lost, and because they do.
func (s *Scheduler[E]) sampleAgain(pr *probe, h *host) bool {
	rounds := s.pathLoss.Samples()
	if h.key.UDP && s.limits {
		if other := s.hosts.sibling(h); s.cfg.Listen && other != nil && other.rtt.known() {
			return false // the host is alive, and others need the limited errors more
		}
		rounds = max(rounds, limitedSamples)
	}
	if s.path.rate() > 0 {
		rounds = min(rounds, 2) // more would fill the queue that drops
	}
	if int(pr.timeouts) < rounds {
		return true
	}
	if pr.timeouts == 1 && pr.timedOut < s.path.foundAt {
		return true // it left before the path was known to be the limit
	}
	if s.cfg.FullTimeout {
		return false // the kernel has repeated it meanwhile
	}
	if pr.timeouts > 1 || h.rtt.known() {
		return pr.timeouts <= 1
	}
	s.lossSamples++
	return s.lossSamples <= mostLossSamples
}

// retry queues a probe for another attempt.
func (s *Scheduler[E]) retry(id int32, now time.Duration) {
	h := s.probes.all[id].host
	if h.expired {
		s.hostTimeout(id, now)
		return
	}
	if h.limit.limited() {
		// At once, since only another attempt tells whether this one was lost,
		// and so whether the host is asked too fast.
		h.wait.pushFront(&s.probes, id)
	} else {
		h.wait.push(&s.probes, id)
	}
	s.enqueue(h)
}
