package scanner

import "time"

// tooManyTries ends a probe whose peer changes its pace for ever.
const tooManyTries = 250

// expire looks at the attempts of b whose time has come.
func (s *scheduler) expire(b *berths, now time.Duration, o *orders) {
	for {
		place, ok := b.timers.pop(now)
		if !ok {
			break
		}
		a := &b.all[place]
		if a.stage == stageInside {
			a.stage = stageOverdue
			if p := a.peer; !p.near {
				p.flow.leave(now, s.transit(p))
				s.path.leave(now, s.transit(p))
				s.rouse(p)
			}
		}
		if !s.wanted(a) {
			s.drop(b, place, o)
			continue
		}
		pr := &s.inquiries.all[a.inquiry]
		due := pr.peer.within(a.start + s.timeout(pr.peer, now, pr.last))
		if now < due {
			// Not in one step: the peer's timing may be learned meanwhile.
			b.timers.set(place, min(due, now+firstTransit))
			continue
		}
		s.missed(a.inquiry, a.start, now)
		if s.wanted(a) && now < a.start+s.cfg.timeout {
			b.toLate(place)
		} else {
			s.drop(b, place, o)
		}
	}
	for b.late.head != 0 {
		a := &b.all[b.late.head-1]
		if s.wanted(a) && now < a.start+s.cfg.timeout {
			break
		}
		s.drop(b, b.late.head-1, o)
	}
}

// wanted reports whether an attempt's probe has no verdict yet.
func (s *scheduler) wanted(a *berth) bool {
	pr := &s.inquiries.all[a.inquiry]
	return pr.gen == a.gen && !pr.done
}

// drop gives a place and its socket up.
func (s *scheduler) drop(b *berths, place int32, o *orders) {
	b.release(place, kindBare)
	o.drops = append(o.drops, place)
}

// missed decides what follows from an attempt that nothing answered in time:
// another attempt, the last slow one, or the verdict.
func (s *scheduler) missed(id int32, start, now time.Duration) {
	pr := &s.inquiries.all[id]
	p := pr.peer
	if pr.epoch != p.epoch || start < p.limiter.slowedAt {
		pr.epoch, pr.silent, pr.last = p.epoch, 0, false
	} else {
		pr.silent++
	}
	pr.missed = start
	need := s.cfg.retries
	if !p.near {
		least := 0.0
		if p.limiter.limited() {
			least = limitedLoss // while its limit is felt for, if not on average
		}
		need = max(need+p.loss.doubt(), p.loss.attempts(least)-1)
	}
	switch {
	case p.expired, p.ends != 0 && now >= p.ends:
		s.timeUp(id, now)
	case s.cfg.retries == 0, pr.last && int(pr.silent) > need, pr.tries >= tooManyTries:
		s.finish(id, silent(p.proto()), 0, now, nil)
	case int(pr.silent) >= need && !pr.last:
		pr.last = true
		if p.limiter.limited() {
			s.again(id, now) // it is asked slowly as it is
			return
		}
		p.slow.push(&s.inquiries, id)
		s.bench(p)
	default:
		pr.last = false // more was lost meanwhile than was thought
		s.again(id, now)
	}
}

// again queues a probe for another attempt.
func (s *scheduler) again(id int32, now time.Duration) {
	p := s.inquiries.all[id].peer
	if p.expired {
		s.timeUp(id, now)
		return
	}
	if p.limiter.limited() {
		// At once, since only another attempt tells whether this one was lost,
		// and so whether the peer is asked too fast.
		p.wait.pushFront(&s.inquiries, id)
	} else {
		p.wait.push(&s.inquiries, id)
	}
	s.rouse(p)
}

// timeUp ends a probe whose host's time is up.
func (s *scheduler) timeUp(id int32, now time.Duration) {
	s.stats.TimedOut++
	s.finish(id, verdict{StateUnknown, ReasonNone}, 0, now, ErrHostTimeout)
}
