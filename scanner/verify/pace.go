package verify

import (
	"math"
	"sync"
	"time"
)

const (
	paceKnown = 64                // answers from which on their times tell something,
	paceSeen  = patienceForAnswer // if so much time has passed since the first: slow ones had theirs
	paceSteps = 8                 // of a doubling of the time, in which answers are counted
)

// pace is how fast the answers of many ports come. It says how long to wait for
// those that are silent: where all servers answer within 50 ms, one that has said
// nothing in 100 will not, and where this machine or the network is busy, answers
// take long, and so do the waits.
type pace struct {
	mu     sync.Mutex
	first  time.Time // of an answer
	n      int
	counts [100]int // of answers, by the logarithm of their time in milliseconds
}

// note counts an answer that took d, from the request to its first byte.
func (p *pace) note(d time.Duration) {
	ms := max(1, float64(d)/float64(time.Millisecond))
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.n == 0 {
		p.first = time.Now()
	}
	p.n++
	p.counts[min(len(p.counts)-1, int(paceSteps*math.Log2(ms)))]++
}

// most is the time within which 99 of 100 answers came, rounded up by at most a
// tenth. It fails while too few are known: slow servers may be given up for the
// pace of the fast only when it is known how many there are.
func (p *pace) most() (time.Duration, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.n < paceKnown || time.Since(p.first) < paceSeen {
		return 0, false
	}
	step, slower := len(p.counts)-1, p.counts[len(p.counts)-1]
	for step > 0 && 100*slower <= p.n {
		step--
		slower += p.counts[step]
	}
	return time.Duration(math.Exp2(float64(step+1)/paceSteps) * float64(time.Millisecond)), true
}
