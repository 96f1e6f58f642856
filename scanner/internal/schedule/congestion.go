package schedule

import "time"

const (
	firstWindow = 512     // attempts in the network at the start
	leastWindow = 16      // what queueing delay alone never cuts below
	mostWindow  = 1 << 15 // more than any path needs; descriptors run out sooner

	// standingDelay is the queueing delay that even the fastest answer of a round
	// has on a path that is full. A busy scheduler causes less.
	standingDelay = 12 * time.Millisecond
)

// congestion is a congestion window: how many attempts may be in the network at
// once, to one host or in all. It starts as TCP's slow start does and stops
// growing when the least round-trip time of a whole round shows a standing queue
// (the idea of HyStart++, RFC 9406), since a queue that overflows costs answers.
// Loss itself is judged by retries: see [rateLimit].
type congestion struct {
	size     float64
	inFlight int  // attempts in the network
	peak     int  // most attempts at once in this round
	before   int  // the same of the round before
	steady   bool // slow start is over

	roundEnd  time.Duration
	leastSeen time.Duration // least queueing delay in this round; <0: no sample
}

func newCongestion(size float64) congestion { return congestion{size: size, leastSeen: -1} }

func (c *congestion) open() bool { return float64(c.inFlight) < c.size }

func (c *congestion) enter() {
	c.inFlight++
	c.peak = max(c.peak, c.inFlight)
}

// answered notes that an attempt left the network with an answer that was delayed
// by queueing. The round-trip time sets the length of a round.
func (c *congestion) answered(now, queueing, roundTrip time.Duration) {
	if c.leastSeen < 0 || queueing < c.leastSeen {
		c.leastSeen = queueing
	}
	c.leave(now, roundTrip)
}

// leave notes that an attempt left the network. Silence lets the window grow
// in slow start as an answer does: a firewall that drops must not slow a scan,
// and if it was loss, the retries will tell. A window that is not used is not
// widened.
func (c *congestion) leave(now, roundTrip time.Duration) {
	c.inFlight--
	if most := float64(2 * max(c.peak, c.before)); !c.steady && c.size < most {
		c.size = min(c.size+1, most, mostWindow)
	}
	if now >= c.roundEnd {
		c.endRound()
		c.roundEnd = now + max(roundTrip, leastTransit)
	}
}

func (c *congestion) endRound() {
	switch {
	case c.leastSeen > standingDelay:
		c.steady = true
		c.size = max(c.size*7/8, leastWindow)
	case c.steady && float64(c.peak) > c.size/2:
		c.size = min(c.size*17/16+1, mostWindow)
	}
	c.before, c.peak, c.leastSeen = c.peak, c.inFlight, -1
}

// lost halves the window once loss was proven.
func (c *congestion) lost() {
	c.steady = true
	c.size = max(c.size/2, leastWindow)
}
