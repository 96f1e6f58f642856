// Package progress tells how far a scan is while it runs: a bar on a terminal,
// a line now and then elsewhere, and a line when asked.
//
// A [Display] does the telling and a [Meter] does the sums. The scan reports
// what it starts and what ends; the Meter works out a rate over the last
// seconds and the time that what is left will take, silence and retries
// included. Nothing here writes to standard output.
package progress

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// rateOver is how far back the rate looks.
const rateOver = 10 * time.Second

// Timing is what a scan does about silence.
type Timing struct {
	Timeout  time.Duration // for one attempt
	Attempts int           // at most, for one that does not answer
}

// Meter knows how far a scan is. Its methods may be called from any goroutine.
type Meter struct {
	mu sync.Mutex
	part
}

// part is what is known of one part of a scan.
type part struct {
	what   string
	total  uint64
	timing Timing

	started   uint64 // asked, or done before this run
	done      uint64 // with a verdict
	found     uint64 // open
	silent    uint64 // of those done, the ones that nothing answered
	attempts  uint64 // behind those done
	lastStart time.Time
	lastDone  time.Time
	samples   []sample // of the last seconds, oldest first
}

// sample is how far the work was at some time. Work is counted in attempts.
type sample struct {
	at   time.Time
	work uint64
	done uint64
}

// Begin starts the next part of a scan: what is counted, how many there are,
// and how patient it is. What was found so far stays.
func (m *Meter) Begin(what string, total uint64, p Timing) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.part = part{what: what, total: total, timing: p, found: m.found}
	m.lastDone = time.Now()
	m.sample(m.lastDone)
}

// Restore counts what is done from an earlier run: it says nothing of the rate.
func (m *Meter) Restore(silent, found bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.started++
	m.done++
	if silent {
		m.silent++
	}
	if found {
		m.found++
	}
	m.samples = nil // what is recalled took no time
}

// Start counts one that is asked.
func (m *Meter) Start() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.started++
	m.lastStart = time.Now()
}

// Done counts one that was asked and has its verdict.
func (m *Meter) Done(attempts int, silent, found bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done++
	m.attempts += uint64(max(attempts, 1))
	m.lastDone = time.Now()
	if silent {
		m.silent++
	}
	if found {
		m.found++
	}
}

// Status is how far a scan is at one moment.
type Status struct {
	What        string
	Done, Total uint64
	Found       uint64
	Rate        float64       // done per second, lately
	Left        time.Duration // until the end; below 0 when it cannot be told yet
}

// Status looks at the meter now.
func (m *Meter) Status() Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	m.sample(now)
	s := Status{What: m.what, Done: m.done, Total: m.total, Found: m.found, Left: -1}
	first := m.samples[0]
	span := now.Sub(first.at).Seconds()
	if span <= 0 {
		return s
	}
	s.Rate = float64(m.done-first.done) / span
	s.Left = m.left(now, first)
	return s
}

func (m *Meter) sample(now time.Time) {
	m.samples = append(m.samples, sample{now, m.work(), m.done})
	for len(m.samples) > 1 && now.Sub(m.samples[0].at) > rateOver {
		m.samples = m.samples[1:]
	}
}

// work is the attempts made so far: those behind verdicts, and one at least of
// each that is waited for.
func (m *Meter) work() uint64 { return m.attempts + m.pending() }

func (m *Meter) pending() uint64 { return m.started - min(m.done, m.started) }

// left is the time until the end at the pace since a sample. While verdicts
// keep coming and none was silence, what counts is verdicts, since the engine
// takes targets long before it asks them. Else it is attempts: what is not
// started yet is taken to be silent as often as what was, what is waited for is
// taken to stay silent, since answers come soon, whoever is silent is asked
// again, and the last one has to be waited for in full.
func (m *Meter) left(now time.Time, since sample) time.Duration {
	pending, fresh := m.pending(), m.total-min(m.started, m.total)
	work, attempts, wait := m.done-since.done, float64(pending+fresh), time.Duration(0)
	if m.silent > 0 || now.Sub(m.lastDone) > time.Second {
		share := float64(m.silent+pending) / float64(max(m.done+pending, 1))
		work = m.work() - since.work
		attempts = float64(fresh) + (float64(fresh)*share+float64(pending))*float64(max(m.timing.Attempts, 1)-1)
		if wait = m.wait(); fresh == 0 {
			wait = max(0, wait-now.Sub(m.lastStart))
		}
	}
	switch {
	case pending+fresh == 0:
		return 0
	case work > 0:
		return wait + time.Duration(attempts/float64(work)*float64(now.Sub(since.at)))
	case fresh > 0:
		return -1
	}
	return wait
}

// wait is how long the last one is waited for: its last attempt is given twice
// the time, up to the limit that the timeout is.
func (m *Meter) wait() time.Duration {
	return m.timing.Timeout * time.Duration(max(m.timing.Attempts, 1))
}

// String is the status as a line.
func (s Status) String() string {
	return fmt.Sprintf("%d of %d %s, %s", s.Done, s.Total, s.What, s.rest())
}

// rest is what stands beside a bar.
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
