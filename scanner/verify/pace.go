package verify

import (
	"math"
	"sync"
	"time"
)

const (
	paceKnown = 64                     // answers from which on their times tell something,
	paceSeen  = 250 * time.Millisecond // of those that were asked so long ago at least: the slow among them had their time
	paceSlow  = 8                      // or as many times as long as answers take, up to leastAnswerWait
	paceLeast = 60 * time.Millisecond  // that is waited for, however fast the answers are
	paceSteps = 8                      // of a doubling of the time, in which answers are counted
)

// pace is how fast the answers of many ports come. It says how long to wait for
// those that are silent: where all servers answer within 50 ms, one that has said
// nothing in 100 will not, and where the network is busy, answers take long, and so
// do the waits.
type pace struct {
	mu    sync.Mutex
	young []answerTime // to what was asked less than seen ago, the oldest first
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

// age moves the answers to what was asked long ago.
func (p *pace) age() {
	if len(p.young) == 0 {
		return
	}
	for seen := p.seen(); len(p.young) > 0 && time.Since(p.young[0].asked) >= seen; {
		p.old.add(p.young[0].took)
		p.young = p.young[1:]
	}
}

// seen is how long ago something was asked if the slow servers have had their time. Where
// the answers take long, so may those that have not come.
func (p *pace) seen() time.Duration {
	return clamp(paceSlow*p.all.most(), paceSeen, leastAnswerWait)
}

// most is the time within which 99 of 100 answers came, rounded up by at most a
// tenth. It fails while it is known of too few ports whether they are slow: the fast
// ones among those that were asked just now answer first.
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
