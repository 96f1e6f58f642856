// Package progress shows how far a scan is while it runs: by a bar on a terminal, by
// a line every few seconds elsewhere, and by a line on request.
//
// The scan tells a [Meter] what it starts and what is done. The meter works out the
// rate of the last seconds and the time left, including timeouts and retries. A
// [Display] shows that. Nothing here writes to standard output.
package progress

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// rateWindow is the time over which the rate is measured. The time left is worked
// out over a longer one if fewer than enoughWork attempts fell into it: while all
// that is in flight waits for its timeouts, a single answer is no measure.
const (
	rateWindow = 10 * time.Second
	enoughWork = 20

	startUp      = 3 * time.Second // of a part, in which a scan gets up to speed
	startUpShare = 0.1             // or that much of it
)

// Timing is how long a scan waits for a port that does not answer.
type Timing struct {
	Timeout  time.Duration // of one attempt
	Attempts int           // at most, for one that does not answer
}

// Meter works out how far a scan is. Its methods may be called from any goroutine.
type Meter struct {
	mu sync.Mutex
	part
}

// part is one part of a scan, such as discovery.
type part struct {
	what   string
	total  uint64
	timing Timing

	started   uint64 // probes that were started, or done by an earlier run
	done      uint64 // probes with a verdict
	found     uint64 // probes that are open
	timedOut  uint64 // of those done, the ones without an answer
	attempts  uint64 // made for those done
	following uint64 // probes that follow from others and are pending
	follow    time.Duration
	began     time.Time
	lastStart time.Time
	lastDone  time.Time
	samples   []sample // of the rateWindow or longer, the oldest first
}

// sample is how far the scan was at one time.
type sample struct {
	at   time.Time
	work uint64 // attempts
	done uint64
}

// Begin starts the next part of a scan: what is counted, how many of it there are,
// and the timing. The number found so far stays.
func (m *Meter) Begin(what string, total uint64, t Timing) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.part = part{what: what, total: total, timing: t, found: m.found}
	m.began = time.Now()
	m.lastDone = m.began
	m.sample(m.began)
}

// Restore counts a probe that an earlier run has done. It does not count for the
// rate.
func (m *Meter) Restore(timedOut, found bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.started++
	m.done++
	if timedOut {
		m.timedOut++
	}
	if found {
		m.found++
	}
	m.samples = nil // it took no time now
}

// Start counts a probe that is started.
func (m *Meter) Start() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.started++
	m.lastStart = time.Now()
}

// Done counts a probe that was started and has its verdict.
func (m *Meter) Done(attempts int, timedOut, found bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done++
	m.attempts += uint64(max(attempts, 1))
	m.lastDone = time.Now()
	if timedOut {
		m.timedOut++
	}
	if found {
		m.found++
	}
}

// Follow counts a further probe that is started since another one has its verdict.
// It takes that long at most.
func (m *Meter) Follow(longest time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.total++
	m.started++
	m.following++
	m.follow = longest
	m.lastStart = time.Now()
}

// Followed counts a probe that Follow counted and that is done.
func (m *Meter) Followed() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done++
	m.attempts++
	m.following--
	m.lastDone = time.Now()
}

// Status is how far a scan is at one time.
type Status struct {
	What        string
	Done, Total uint64
	Found       uint64
	Rate        float64       // done per second, over the last 10 seconds
	Left        time.Duration // until the end; negative if not known yet
}

// Status returns how far the scan is now.
func (m *Meter) Status() Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	m.sample(now)
	s := Status{What: m.what, Done: m.done, Total: m.total, Found: m.found, Left: -1}
	recent := m.samples[0]
	for _, sample := range m.samples[1:] {
		if now.Sub(recent.at) > rateWindow && sample.at.Before(now) {
			recent = sample
		}
	}
	span := now.Sub(recent.at).Seconds()
	if span <= 0 {
		return s
	}
	s.Rate = float64(m.done-recent.done) / span
	if now.Sub(m.began) >= startUp || float64(m.started) >= startUpShare*float64(m.total) {
		s.Left = m.left(now, m.atSpeed(now))
	}
	return s
}

// atSpeed is the sample since which the time left is worked out: the oldest, but
// while a part is young none of its first half, in which it got up to speed.
func (m *Meter) atSpeed(now time.Time) sample {
	age := now.Sub(m.began)
	for _, s := range m.samples {
		if age < rateWindow && now.Sub(s.at) <= age/2 && s.at.Before(now) && m.done-s.done >= enoughWork {
			return s
		}
	}
	return m.samples[0]
}

func (m *Meter) sample(now time.Time) {
	m.samples = append(m.samples, sample{now, m.work(), m.done})
	enough := func(s sample) bool { return m.work()-s.work >= enoughWork && m.done-s.done >= enoughWork }
	for len(m.samples) > 1 && now.Sub(m.samples[0].at) > rateWindow && enough(m.samples[1]) {
		m.samples = m.samples[1:]
	}
}

// work is the number of attempts made so far: all of those for probes that are done,
// and at least one for each that is pending.
func (m *Meter) work() uint64 { return m.attempts + m.pending() }

// pending is the number of probes that are started and not done.
func (m *Meter) pending() uint64 { return m.started - min(m.done, m.started) }

// left is the time until the end, at the rate since a sample.
//
// As long as verdicts keep coming and none timed out, it is worked out from the
// verdicts, since the engine takes probes long before it sends them. Otherwise it
// is worked out from attempts. Probes that are not started yet are expected to time
// out as often as those before. Pending ones are expected to time out, since answers
// come soon. Each that times out costs all of its attempts, and the last one has to
// be waited for. A few early verdicts are no measure: behind a firewall that drops,
// the ports that it rejects or lets through answer long before the others time out.
func (m *Meter) left(now time.Time, since sample) time.Duration {
	pending, fresh := m.pending(), m.total-min(m.started, m.total)
	work, attempts, wait := m.done-since.done, float64(pending+fresh), time.Duration(0)
	if m.timedOut > 0 || now.Sub(m.lastDone) > time.Second {
		share := float64(m.timedOut+pending) / float64(max(m.done+pending, 1))
		work = m.work() - since.work
		attempts = float64(fresh) + (float64(fresh)*share+float64(pending))*float64(max(m.timing.Attempts, 1)-1)
		if wait = m.wait(); fresh == 0 {
			wait = max(0, wait-now.Sub(m.lastStart))
		}
	}
	switch {
	case pending+fresh == 0:
		return 0
	case work < enoughWork && pending+fresh > enoughWork:
		return -1
	case work > 0:
		return wait + time.Duration(attempts/float64(work)*float64(now.Sub(since.at)))
	case fresh > 0:
		return -1
	}
	return wait
}

// wait is the longest time that a probe can take.
func (m *Meter) wait() time.Duration {
	longest := m.timing.Timeout * time.Duration(max(m.timing.Attempts, 1))
	if m.following > 0 {
		longest = max(longest, m.follow)
	}
	return longest
}

// String is the status on one line.
func (s Status) String() string {
	return fmt.Sprintf("%d of %d %s, %s", s.Done, s.Total, s.What, s.rest())
}

// rest is the part of a status line after the counts.
func (s Status) rest() string {
	parts := []string{fmt.Sprintf("%d open", s.Found), fmt.Sprintf("%.0f/s", s.Rate)}
	switch {
	case s.Left >= time.Second:
		parts = append(parts, s.Left.Round(time.Second).String()+" left")
	case s.Left >= 0 && s.Done < s.Total:
		parts = append(parts, "1s left")
	}
	return strings.Join(parts, ", ")
}
