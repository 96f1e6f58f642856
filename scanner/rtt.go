package scanner

import "time"

const (
	firstTimeout = time.Second            // RFC 6298 section 2.1: before the first sample
	leastTimeout = 300 * time.Millisecond // far above the scheduling and queueing jitter of a loaded machine
	firstTransit = 100 * time.Millisecond // before the first sample; longer paths only start slower
	leastTransit = 5 * time.Millisecond
)

// rtt estimates a peer's round-trip time as RFC 6298 section 2 does. Every
// attempt has a socket of its own, so samples are never ambiguous (Karn).
type rtt struct {
	smooth, variance, least time.Duration
}

func (r *rtt) known() bool { return r.smooth != 0 }

// sample adds a measured round trip. With many attempts in the network there
// are many samples to a round trip, and each counts for less, so that the
// memory stays as long as RFC 6298 means it to be (RFC 7323 appendix G).
func (r *rtt) sample(d time.Duration, inside int) {
	d = max(d, time.Microsecond)
	if !r.known() {
		r.smooth, r.variance, r.least = d, d/2, d
		return
	}
	n := time.Duration(max(1, inside/2))
	r.variance += ((r.smooth - d).Abs() - r.variance) / (4 * n)
	r.smooth += (d - r.smooth) / (8 * n)
	r.least = min(r.least, d)
}

// timeout is how long to wait for an answer before the attempt counts as
// silent; at most limit, whatever the samples say.
func (r *rtt) timeout(limit time.Duration) time.Duration {
	if !r.known() {
		return min(firstTimeout, limit)
	}
	return min(max(2*r.smooth+4*r.variance, leastTimeout), limit)
}

// transit is how long an unanswered attempt is taken to occupy the path. It
// paces and judges nothing: what is answered later is answered.
func (r *rtt) transit() time.Duration {
	if !r.known() {
		return firstTransit
	}
	return max(r.smooth+2*r.variance, r.smooth*3/2, leastTransit)
}
