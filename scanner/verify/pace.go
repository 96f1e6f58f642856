package verify

import (
	"math"
	"sync"
	"time"
)

const (
	paceKnown = 64                     // answers that must have come before their times say how long to wait
	paceSeen  = 250 * time.Millisecond // only answers to what was asked so long ago count: by then the slow servers have answered, too
	paceSlow  = 8                      // where answers are slow: so many times as long as they take, up to leastAnswerWait
	paceLeast = 60 * time.Millisecond  // the shortest wait, however fast the answers are
	paceSteps = 8                      // counters for each doubling of the time
)

// pace is how fast the answers of many ports come. It says how long to wait for
// those that are silent: where all servers answer within 50 ms, one that has said
// nothing in 100 will not, and where the network is busy, answers take long, and so
// do the waits.
type pace struct {
	mu    sync.Mutex
	young []answerTime // to what was asked less than seen ago, in the order of the answers
	old   answerTimes  // to what was asked before
	all   answerTimes
}

// answerTime is how long an answer took.
type answerTime struct {
	asked time.Time
	took  time.Duration
}

// note counts an answer that took so long, from the request to its first byte.
func (p *pace) note(asked time.Time, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all.add(took)
	p.young = append(p.young, answerTime{asked, took})
	p.age()
}

// age moves the answers from young to old whose time it is.
func (p *pace) age() {
	if len(p.young) == 0 {
		return
	}
	for seen := p.seen(); len(p.young) > 0 && time.Since(p.young[0].asked) >= seen; {
		p.old.add(p.young[0].took)
		p.young = p.young[1:]
	}
}

// seen is how long ago something must have been asked for its answer to count. Where
// answers take long, those that are still missing may, too.
func (p *pace) seen() time.Duration {
	return clamp(paceSlow*p.all.most(), paceSeen, leastAnswerWait)
}

// most is the time within which 99 of 100 answers came, rounded up by at most a
// tenth. It fails while too few answers count. Those to what was asked just now do not:
// the fast servers answer first.
func (p *pace) most() (time.Duration, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.age()
	if p.old.n < paceKnown {
		return 0, false
	}
	return max(p.old.most(), p.all.most()), true
}

// answerTimes counts answers by the logarithm of their time in milliseconds.
type answerTimes struct {
	n      int
	counts [100]int
}

func (a *answerTimes) add(took time.Duration) {
	ms := max(1, float64(took)/float64(time.Millisecond))
	a.n++
	a.counts[min(len(a.counts)-1, int(paceSteps*math.Log2(ms)))]++
}

func (a *answerTimes) most() time.Duration {
	step, slower := len(a.counts)-1, a.counts[len(a.counts)-1]
	for step > 0 && 100*slower <= a.n {
		step--
		slower += a.counts[step]
	}
	return time.Duration(math.Exp2(float64(step+1)/paceSteps) * float64(time.Millisecond))
}
