package scanner

import "time"

// rouse puts a peer that has probes to ask into the ring.
func (s *scheduler) rouse(p *peer) {
	if !p.ready && (p.wait.head != 0 || p.last && p.slow.head != 0) {
		p.ready = true
		s.ring.push(p)
	}
}

// pick chooses the probe to ask next: one that waits at a peer, each peer in
// turn; else a fresh one; else one for the slow pass.
func (s *scheduler) pick(now time.Duration) (id int32, ok bool) {
	for {
		if id, ok := s.pickWaiting(now); ok {
			return id, true
		}
		if id, ok := s.pickFresh(now); ok {
			return id, true
		}
		if !s.beginSlow() {
			return 0, false
		}
	}
}

func (s *scheduler) pickWaiting(now time.Duration) (id int32, ok bool) {
	for p := s.ring.pop(); p != nil; p = s.ring.pop() {
		p.ready = false
		slowly := p.wait.head == 0
		if !p.admits(now, slowly) {
			s.waitForPace(p)
			continue // an attempt that leaves the network rouses it
		}
		if id, ok := s.popOf(p); ok {
			s.rouse(p)
			return id, true
		}
	}
	return 0, false
}

// popOf takes the probe of p that is asked next.
func (s *scheduler) popOf(p *peer) (id int32, ok bool) {
	if id, ok := p.wait.pop(&s.inquiries); ok {
		if s.inquiries.all[id].tries == 0 {
			s.parked--
		}
		return id, true
	}
	if !p.last {
		return 0, false
	}
	if id, ok := p.slow.pop(&s.inquiries); ok {
		return id, true
	}
	p.last = false
	return 0, false
}

// pickFresh takes the next target of the caller that may be asked now; those
// whose peer is not ready for them are parked with it.
func (s *scheduler) pickFresh(now time.Duration) (id int32, ok bool) {
	for s.parked < mostParked && s.inquiries.live < mostLive {
		t, ok := s.feed.take()
		if !ok {
			break
		}
		p, isNew := s.peers.of(t)
		if isNew {
			s.welcome(p, now)
		}
		id := s.inquiries.get(p, t.Addr.Port())
		switch {
		case p.expired:
			s.timeUp(id, now)
		case p.wait.head == 0 && p.admits(now, false):
			return id, true
		default:
			s.parked++
			p.wait.push(&s.inquiries, id)
			if p.flow.open() {
				s.rouse(p)
				s.waitForPace(p)
			}
		}
	}
	return 0, false
}

// welcome prepares for a new peer, whose record may have served another.
func (s *scheduler) welcome(p *peer, now time.Duration) {
	s.timers.clear(2 * p.id)
	if s.cfg.hostTimeout == 0 {
		return
	}
	p.ends = now + s.cfg.hostTimeout
	if other := s.peers.sibling(p); other != nil {
		p.ends = other.ends
	}
	p.expired = now >= p.ends
	s.timers.set(2*p.id+1, p.ends)
}

// bench makes a peer with probes for the slow pass wait for its beginning, or
// asks it if that has begun.
func (s *scheduler) bench(p *peer) {
	switch {
	case p.last:
		s.rouse(p)
	case !p.resting:
		p.resting = true
		s.resting.push(p)
	}
}

// beginSlow opens the slow pass of one more peer, once nothing else is left to
// ask or too many probes wait for theirs.
func (s *scheduler) beginSlow() bool {
	if s.resting.head == nil || !s.feed.ended() && s.inquiries.live < mostLive/2 {
		return false
	}
	p := s.resting.pop()
	p.resting, p.last = false, true
	s.rouse(p)
	return true
}

// waitForPace arms the timer of a peer that only its pace keeps back.
func (s *scheduler) waitForPace(p *peer) {
	if !p.near && p.limiter.limited() && p.flow.open() {
		s.timers.set(2*p.id, p.limiter.pace.due)
	}
}

// firePeers looks after the peers whose timers are due: those that may be asked
// again, and those whose time is up.
func (s *scheduler) firePeers(now time.Duration) {
	for {
		id, ok := s.timers.pop(now)
		if !ok {
			return
		}
		p := s.peers.all[id/2]
		if id%2 == 0 {
			s.rouse(p)
			continue
		}
		p.expired = true
		for _, q := range []*queue{&p.wait, &p.slow} {
			for {
				id, ok := q.pop(&s.inquiries)
				if !ok {
					break
				}
				if s.inquiries.all[id].tries == 0 {
					s.parked--
				}
				s.timeUp(id, now)
			}
		}
	}
}
