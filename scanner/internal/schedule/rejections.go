package schedule

import (
	"math"
	"time"
)

const (
	rejectionTests  = 3                      // rejected ports that are asked again, alone
	rejectionQuiet  = 400 * time.Millisecond // before each of them
	mostRejected    = 512                    // rejections that wait, while a host gives no other answer
	mostRejections  = 8                      // of one probe
	afterRejection  = 0.7                    // change of the rate
	rejectionSpread = 500 * time.Millisecond // between two such changes
)

// rejections is what is known of a host's firewall that rejects. Most reject by
// port. Some reject all new connections above a rate, and then an open port looks
// rejected.
//
// So where a host gives other answers, too, its rejections are not final. Nothing
// else is asked for a while, and then a rejected port, alone; and so a few times.
// If all are rejected again it is by port, and final. If one is not, it is by rate,
// and all are asked again, as slowly as it takes.
type rejections struct {
	answers int           // attempts that were answered otherwise
	since   time.Duration // the first of them
	tested  int           // ports that were asked again, and not answered otherwise
	testing bool
	alone   bool          // the port that is asked again is in the network
	quiet   time.Duration // no attempts before this, while testing
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
	if pr.rejected++; h.near || r.byPort || pr.rejected >= mostRejections {
		s.finish(id, Verdict[E]{Evidence: o.Evidence, At: o.At})
		return
	}
	if r.byRate {
		h.limit.rejected(o.At, sent)
		s.retry(id, o.At)
		return
	}
	s.rejections[h] = append(s.rejections[h], rejected[E]{id, pr.gen, o.Evidence})
	if r.answers > 0 {
		s.testRejections(h, sent, again, o.At)
		return
	}
	s.settleRejections(h, o.At)
}

// settleRejections makes the rejections of a host final that has nothing else to
// tell, or told nothing else in many answers.
func (s *Scheduler[E]) settleRejections(h *host, now time.Duration) {
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
		if pr := &s.probes.all[w.probe]; pr.gen == w.gen {
			s.finish(w.probe, Verdict[E]{Evidence: w.evidence, At: now})
		}
	}
}

// testRejections has one more rejected port asked again, alone, unless enough were.
// It is called for the end of an attempt that left at sent: the test, or one before.
func (s *Scheduler[E]) testRejections(h *host, sent time.Duration, isTest bool, now time.Duration) {
	r := &h.rejections
	if r.testing && !(r.alone && sent >= r.quiet) {
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
	for waiting := s.rejections[h]; len(waiting) > 0; {
		first := waiting[0]
		waiting = waiting[1:]
		s.rejections[h] = waiting
		if s.probes.all[first.probe].gen != first.gen {
			continue // an earlier attempt was answered after all
		}
		r.testing, r.quiet = true, now+rejectionQuiet
		h.wait.pushFront(&s.probes, first.probe)
		s.timers.set(2*h.id, r.quiet)
		return
	}
	delete(s.rejections, h)
	s.enqueue(h)
}

// admitted notes an attempt that was answered otherwise.
func (s *Scheduler[E]) admitted(id int32, sent, now time.Duration) {
	pr := &s.probes.all[id]
	h := pr.host
	r := &h.rejections
	if r.answers++; r.answers == 1 {
		r.since = sent
	}
	if r.byRate || h.near {
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

// rejectsByRate has all rejected ports of a host asked again, no faster than it
// admitted some.
func (s *Scheduler[E]) rejectsByRate(h *host, now time.Duration) {
	r := &h.rejections
	r.byRate, r.testing, r.alone = true, false, false
	h.limit.limitTo(now, float64(r.answers)/max(now-r.since, time.Second).Seconds())
	s.stats.Slowed++
	if rate := h.limit.rate(); s.stats.SlowestRate == 0 || rate < s.stats.SlowestRate {
		s.stats.SlowestRate = rate
	}
	waiting := s.rejections[h]
	delete(s.rejections, h)
	for _, w := range waiting {
		if s.probes.all[w.probe].gen == w.gen {
			s.retry(w.probe, now)
		}
	}
	s.enqueue(h)
}

// admits reports whether rejections are not being tested, or the next test is due.
func (r *rejections) admits(now time.Duration) bool {
	return !r.testing || !r.alone && now >= r.quiet
}

// limitTo limits a host to a rate that it was found to take.
func (l *rateLimit) limitTo(now time.Duration, rate float64) {
	l.changed, l.free = now, math.Inf(1)
	l.pacer.setRate(now, max(rate, slowestRate))
}

// rejected notes that an attempt that left at sent was rejected for its rate.
func (l *rateLimit) rejected(now, sent time.Duration) {
	if c := l.of(sent); c != nil {
		c.lost++
	}
	if sent < l.changed || now < l.changed+rejectionSpread {
		return
	}
	l.changed = now
	l.pacer.setRate(now, max(l.rate()*afterRejection, slowestRate))
}
