package schedule

import "time"

// Local says what kept an attempt from leaving this machine.
type Local uint8

const (
	NotLocal Local = iota // the attempt left
	Shortage              // of descriptors, ports or memory, which passes
	Denied                // by policy, or by a full connection-tracking table, which passes
	Failure               // anything else: another attempt would not help
)

const (
	localGiveUp  = 5 * time.Second // probes are given up if they, or all of them, could not leave for that long
	deniedTries  = 3
	firstPause   = 2 * time.Millisecond
	longestPause = 250 * time.Millisecond
	sentToGrow   = 16 // attempts that get out for each slot that is allowed again
)

// localErrors keeps track of what this machine refuses to do.
type localErrors struct {
	since  time.Duration // the first shortage since an attempt left
	stuck  bool
	resume time.Duration // no attempts before this
	pause  time.Duration
	gotOut int
}

// sent notes the attempts of w that left: slots are allowed again.
func (l *localErrors) sent(w *Slots) {
	n := w.sent
	w.sent = 0
	if n == 0 {
		return
	}
	l.stuck, l.pause = false, 0
	if w.limit == w.most {
		return
	}
	for l.gotOut += n; l.gotOut >= sentToGrow; l.gotOut -= sentToGrow {
		w.grow()
	}
}

// shortage notes that this machine refused an attempt, and holds the next ones back,
// longer and longer while none leaves.
func (l *localErrors) shortage(now time.Duration) {
	if !l.stuck {
		l.stuck, l.since = true, now
	}
	if now < l.resume {
		return
	}
	l.pause = min(max(2*l.pause, firstPause), longestPause)
	if l.hopeless(now) {
		l.pause = firstPause // each probe is tried once, so that the first one to leave is noticed
	}
	l.resume = now + l.pause
}

// hopeless reports whether nothing left for so long that probes are given up.
func (l *localErrors) hopeless(now time.Duration) bool {
	return l.stuck && now-l.since > localGiveUp
}

// requeue queues a probe again whose attempt did not leave this machine, unless
// nothing has left it for too long.
func (s *Scheduler[E]) requeue(w *Slots, id int32, o *Outcome[E]) {
	s.stats.Attempts--
	pr := &s.probes.all[id]
	if pr.sentTries() > 1 {
		s.stats.Retries--
	}
	s.stats.LocalErrors++
	pr.errors++
	hopeless := o.Local == Failure
	switch o.Local {
	case Failure:
		if !pr.host.loopback {
			s.path.withdraw(pr.tries == 1)
		}
	case Denied:
		hopeless = pr.errors >= deniedTries
	case Shortage:
		w.shrink()
		s.local.shortage(o.At)
		if pr.short == 0 {
			pr.short = max(o.At, 1)
		}
		hopeless = o.At-pr.short > localGiveUp || s.local.hopeless(o.At)
	}
	if hopeless {
		s.finish(id, Verdict[E]{Ending: Unasked, Evidence: o.Evidence, At: o.At})
		return
	}
	s.retry(id, o.At)
}

// retryInconclusive queues a probe again whose attempt proved nothing, a bounded
// number of times: there may be no other source port than the probed one.
func (s *Scheduler[E]) retryInconclusive(id int32, o *Outcome[E]) {
	s.stats.Inconclusive++
	if int(s.probes.all[id].tries) < s.mostTries() {
		s.retry(id, o.At)
		return
	}
	s.finish(id, Verdict[E]{Ending: Unasked, Evidence: o.Evidence, At: o.At})
}
