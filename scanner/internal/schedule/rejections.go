package schedule

import (
	"math"
	"time"
)

const (
	rejectionTests  = 3                      // rejected ports that are asked again, alone
	rejectionPause  = 400 * time.Millisecond // without attempts before each of these
	mostRejected    = 512                    // rejections that wait while a host gives no other answer
	mostRejections  = 8                      // of one probe
	rateRejections  = 3                      // of one probe, that may be for the rate; further ones are for its port
	afterRejection  = 0.7                    // factor for the rate
	rejectionSpread = 500 * time.Millisecond // between two such changes
)

// rejections is what is known of a host's firewall that rejects. Most firewalls reject
// by port. Some reject all new connections above a rate, so that an open port looks
// rejected.
//
// So where a host gives other answers, too, its rejections are not final, but tested a
// few times: after a pause one rejected port is asked again, alone. If all of these are
// rejected again, the firewall rejects by port, and the rejections are final. If one is
// not, it rejects by rate, and all rejected ports are asked again, slowly enough.
type rejections struct {
	answers int           // attempts that got another answer
	since   time.Duration // when the first of them left
	tested  int           // ports that were asked again and got no other answer
	testing bool
	alone   bool          // the port that is asked again is in the network
	resume  time.Duration // no attempts before this, while testing
	byPort  bool
	byRate  bool
}

// rejected is a probe whose rejection is not final.
type rejected[E any] struct {
	probe    int32
	gen      uint32
	evidence E
}

// rejected takes the rejection of an attempt that left at sent.
func (s *Scheduler[E]) rejected(id int32, sent time.Duration, o *Outcome[E]) {
	pr := &s.probes.all[id]
	h := pr.host
	r := &h.rejections
	again := pr.rejected > 0
	if pr.rejected++; h.loopback || r.byPort || pr.rejected >= mostRejections {
		s.finish(id, Verdict[E]{Evidence: o.Evidence, At: o.At})
		return
	}
	if r.byRate {
		if pr.rejected <= rateRejections {
			h.limit.rejected(o.At, sent)
		}
		s.retry(id, o.At)
		return
	}
	s.keepRejection(h, again, rejected[E]{id, pr.gen, o.Evidence})
	if r.answers > 0 {
		s.testRejections(h, sent, again, o.At)
		return
	}
	s.concludeRejections(h, o.At)
}

// keepRejection keeps the last rejection of a probe while it is not final.
func (s *Scheduler[E]) keepRejection(h *host, again bool, last rejected[E]) {
	if again {
		if kept := s.keptRejection(h, last.probe); kept != nil {
			*kept = last
			return
		}
	}
	s.rejections[h] = append(s.rejections[h], last)
}

// keptRejection is the rejection of a probe that is not final yet; nil for none.
func (s *Scheduler[E]) keptRejection(h *host, id int32) *rejected[E] {
	pr := &s.probes.all[id]
	waiting := s.rejections[h]
	for i := range waiting {
		if waiting[i].probe == id && waiting[i].gen == pr.gen {
			return &waiting[i]
		}
	}
	return nil
}

// finishSilent ends a probe whose last attempts got no answer. If an earlier one was
// rejected, that is the verdict.
func (s *Scheduler[E]) finishSilent(id int32, now time.Duration) {
	if pr := &s.probes.all[id]; pr.rejected > 0 {
		if kept := s.keptRejection(pr.host, id); kept != nil {
			s.finish(id, Verdict[E]{Evidence: kept.evidence, At: now})
			return
		}
	}
	s.finish(id, Verdict[E]{Ending: Silent, At: now})
}

// concludeRejections makes the rejections of a host final if it gives no other answer:
// to none of its probes, or not in many attempts.
func (s *Scheduler[E]) concludeRejections(h *host, now time.Duration) {
	n := len(s.rejections[h])
	if n > 0 && h.rejections.answers == 0 && (n >= h.live || n > mostRejected) {
		h.rejections.byPort = n > mostRejected
		s.acceptRejections(h, now)
	}
}

// acceptRejections makes the rejections of a host final.
func (s *Scheduler[E]) acceptRejections(h *host, now time.Duration) {
	waiting := s.rejections[h]
	delete(s.rejections, h)
	for _, w := range waiting {
		if s.probes.pending(w.probe, w.gen) {
			s.finish(w.probe, Verdict[E]{Evidence: w.evidence, At: now})
		}
	}
}

// testRejections has one more rejected port asked again, alone, unless enough of them
// were. It is called when an attempt that left at sent has ended: the test, or an
// earlier one.
func (s *Scheduler[E]) testRejections(h *host, sent time.Duration, isTest bool, now time.Duration) {
	r := &h.rejections
	if r.testing && !(r.alone && sent >= r.resume) {
		return // the end of another attempt
	}
	if r.testing && isTest {
		r.tested++
	}
	r.testing, r.alone = false, false
	if r.tested >= rejectionTests {
		r.byPort = true
		s.acceptRejections(h, now)
		s.enqueue(h)
		return
	}
	if id, ok := s.nextTest(h); ok {
		r.testing, r.resume = true, now+rejectionPause
		h.wait.pushFront(&s.probes, id)
		s.timers.set(2*h.id, r.resume)
		return
	}
	s.enqueue(h)
}

// testFailed has another port asked alone if the attempt that left at sent was the test,
// and it told nothing. Where this machine has no way to the host any more, no other test
// would leave either, so that it counts as one that got no other answer.
func (s *Scheduler[E]) testFailed(h *host, sent time.Duration, o *Outcome[E]) {
	if r := &h.rejections; r.testing && r.alone && sent >= r.resume {
		s.testRejections(h, sent, o.Event == Failed && o.Local == Failure, o.At)
	}
}

// nextTest is the rejected port of h to ask again: the one that was asked longest ago, of
// those that are not about to be asked anyway.
func (s *Scheduler[E]) nextTest(h *host) (id int32, ok bool) {
	waiting := s.rejections[h]
	for range len(waiting) {
		first := waiting[0]
		waiting = waiting[1:]
		if !s.probes.pending(first.probe, first.gen) {
			continue // an earlier attempt was answered after all
		}
		waiting = append(waiting, first)
		if ok = !s.probes.all[first.probe].queued; ok {
			id = first.probe
			break
		}
	}
	s.rejections[h] = waiting
	if len(waiting) == 0 {
		delete(s.rejections, h)
	}
	return id, ok
}

// admitted notes an attempt that was not rejected.
func (s *Scheduler[E]) admitted(id int32, sent, now time.Duration) {
	pr := &s.probes.all[id]
	h := pr.host
	r := &h.rejections
	if r.answers++; r.answers == 1 {
		r.since = sent
	}
	if r.byRate || h.loopback {
		return
	}
	if pr.rejected > 0 {
		s.rejectsByRate(h, now)
		return
	}
	if len(s.rejections[h]) > 0 || r.testing {
		s.testRejections(h, sent, false, now)
	}
}

// rejectsByRate has all rejected ports of a host asked again, at the rate at which it
// admitted others.
func (s *Scheduler[E]) rejectsByRate(h *host, now time.Duration) {
	r := &h.rejections
	r.byRate, r.testing, r.alone = true, false, false
	h.limit.limitTo(now, float64(r.answers)/max(now-r.since, time.Second).Seconds())
	s.countSlowed(h)
	waiting := s.rejections[h]
	delete(s.rejections, h)
	for _, w := range waiting {
		if s.probes.pending(w.probe, w.gen) {
			s.retry(w.probe, now)
		}
	}
	s.enqueue(h)
}

// admits reports whether an attempt may be made: always, but for the pauses of a test.
func (r *rejections) admits(now time.Duration) bool {
	return !r.testing || !r.alone && now >= r.resume
}

// limitTo limits a host to a rate that it was found to take.
func (l *rateLimit) limitTo(now time.Duration, rate float64) {
	l.free = math.Inf(1)
	l.setRate(now, max(rate, slowestRate))
}

// rejected notes that an attempt that left at sent was rejected for its rate.
func (l *rateLimit) rejected(now, sent time.Duration) {
	if c := l.of(sent); c != nil {
		c.lost++
	}
	if sent >= l.changed {
		l.lostSince++
	}
	if sent < l.changed || now < l.changed+rejectionSpread {
		return
	}
	l.setRate(now, max(l.rate()*afterRejection, slowestRate))
}
