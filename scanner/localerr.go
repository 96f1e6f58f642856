package scanner

import "time"

const (
	localPatience  = 5 * time.Second // how long nothing may get out before probes are given up
	mostPutBacks   = 40              // times one probe is put back, whatever else gets out
	deniedTries    = 3               // EPERM may be a full connection-tracking table, which passes
	firstHold      = 2 * time.Millisecond
	longestHold    = 250 * time.Millisecond
	launchesToGrow = 16
)

// localErrors keeps track of what this machine refuses to do.
type localErrors struct {
	since  time.Duration // first refusal since an attempt got out
	stuck  bool
	hold   time.Duration // no attempts before this
	pause  time.Duration
	gotOut int
}

// launched notes attempts that got out: the window regrows.
func (l *localErrors) launched(b *berths, n int) {
	if n == 0 {
		return
	}
	l.stuck, l.pause = false, 0
	if b.limit == b.most {
		return
	}
	for l.gotOut += n; l.gotOut >= launchesToGrow; l.gotOut -= launchesToGrow {
		b.grow()
	}
}

// refused notes that this machine refused an attempt and holds the next ones
// back, for longer and longer while none gets out.
func (l *localErrors) refused(now time.Duration) {
	if !l.stuck {
		l.stuck, l.since = true, now
	}
	if now < l.hold {
		return
	}
	l.pause = min(max(2*l.pause, firstHold), longestHold)
	if l.hopeless(now) {
		l.pause = firstHold // one try for each probe, to notice the first that gets out
	}
	l.hold = now + l.pause
}

// hopeless reports that nothing got out for so long that probes are given up.
func (l *localErrors) hopeless(now time.Duration) bool {
	return l.stuck && now-l.since > localPatience
}

// putBack queues a probe that could not be asked for another try, unless there
// is no hope left.
func (s *scheduler) putBack(b *berths, id int32, o *outcome) {
	pr := &s.inquiries.all[id]
	pr.errors++
	v := classifyErrno(pr.peer.proto(), o.err)
	hopeless := v.reason == ReasonNone
	switch v.reason {
	case ReasonLocalDenied:
		hopeless = pr.errors >= deniedTries
	case ReasonLocalLimit:
		b.shrink()
		s.local.refused(o.at)
		hopeless = pr.errors >= mostPutBacks || s.local.hopeless(o.at)
	}
	if hopeless {
		s.finish(id, v, 0, o.at, o.err)
		return
	}
	s.again(id, o.at)
}
