package scanner

import "time"

const (
	firstFlow = 512     // attempts in the network at the start
	leastFlow = 16      // what queueing delay alone never cuts below
	mostFlow  = 1 << 15 // more than any path needs; descriptors end sooner

	// standingDelay is the queueing that even the luckiest answer of a round
	// meets on a path that is full. A busy scheduler causes less.
	standingDelay = 12 * time.Millisecond
)

// flow is how many attempts may be in the network at once, to one peer or in
// all. It starts as TCP's slow start does and stops growing when the least
// round-trip time of a whole round shows a standing queue (the idea of
// HyStart++, RFC 9406), since a queue that overflows costs answers. Loss
// itself is judged by retries: see [limiter].
type flow struct {
	size   float64
	inside int  // attempts in the network
	peak   int  // most of them at once in this round
	before int  // and in the round before
	steady bool // slow start is over

	roundEnd  time.Duration
	leastSeen time.Duration // least queueing delay in this round; <0: no sample
}

func newFlow(size float64) flow { return flow{size: size, leastSeen: -1} }

func (f *flow) open() bool { return float64(f.inside) < f.size }

func (f *flow) enter() {
	f.inside++
	f.peak = max(f.peak, f.inside)
}

// answered notes that an attempt left the network with an answer, which was
// delayed by queueing. The round-trip time sets the length of a round.
func (f *flow) answered(now, queueing, roundTrip time.Duration) {
	if f.leastSeen < 0 || queueing < f.leastSeen {
		f.leastSeen = queueing
	}
	f.leave(now, roundTrip)
}

// leave notes that an attempt left the network. Silence lets the window grow
// in slow start as an answer does: a firewall that drops must not slow a scan,
// and if it was loss, the retries will tell. A window that is not used is not
// widened.
func (f *flow) leave(now, roundTrip time.Duration) {
	f.inside--
	if most := float64(2 * max(f.peak, f.before)); !f.steady && f.size < most {
		f.size = min(f.size+1, most, mostFlow)
	}
	if now >= f.roundEnd {
		f.endRound()
		f.roundEnd = now + max(roundTrip, leastTransit)
	}
}

func (f *flow) endRound() {
	switch {
	case f.leastSeen > standingDelay:
		f.steady = true
		f.size = max(f.size*7/8, leastFlow)
	case f.steady && float64(f.peak) > f.size/2:
		f.size = min(f.size*17/16+1, mostFlow)
	}
	f.before, f.peak, f.leastSeen = f.peak, f.inside, -1
}

// lost halves the window once loss was proven.
func (f *flow) lost() {
	f.steady = true
	f.size = max(f.size/2, leastFlow)
}
