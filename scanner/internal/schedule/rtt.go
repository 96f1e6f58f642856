package schedule

import "time"

const (
	firstTimeout = 950 * time.Millisecond // RFC 6298 section 2.1 has 1 s before the first sample, after which the kernel repeats a SYN
	leastTimeout = 300 * time.Millisecond // far above the scheduling and queueing jitter of a loaded machine
	leastFirst   = 500 * time.Millisecond // the same before the first sample, where other hosts have answered soon
	firstTransit = 100 * time.Millisecond // before the first sample; longer paths only start slower
	farAway      = 700 * time.Millisecond // others may be beyond firstTimeout
	leastTransit = 5 * time.Millisecond
)

// rtt estimates a host's round-trip time as RFC 6298 section 2 does. Every
// attempt has a socket of its own, so samples are never ambiguous (Karn).
type rtt struct {
	smooth, variance, least time.Duration

	samples int
}

func (r *rtt) known() bool { return r.smooth != 0 }

// sample adds a measured round trip. With many attempts in the network there
// are many samples to a round trip, and each counts for less, so that the
// memory stays as long as RFC 6298 means it to be (RFC 7323 appendix G).
func (r *rtt) sample(d time.Duration, inFlight int) {
	d = max(d, time.Microsecond)
	r.samples++
	if !r.known() {
		r.smooth, r.variance, r.least = d, d/2, d
		return
	}
	n := time.Duration(max(1, inFlight/2))
	r.variance += ((r.smooth - d).Abs() - r.variance) / (4 * n)
	r.smooth += (d - r.smooth) / (8 * n)
	r.least = min(r.least, d)
}

// timeout is how long to wait for an answer before the attempt counts as
// silent; at most limit, whatever the samples say, and first before there are
// any.
func (r *rtt) timeout(limit, first time.Duration) time.Duration {
	if !r.known() {
		return min(first, limit)
	}
	return min(max(2*r.smooth+4*r.variance, leastTimeout), limit)
}

// transit is how long an unanswered attempt is assumed to occupy the path. It is for
// pacing only: an answer that comes later counts all the same.
func (r *rtt) transit(first time.Duration) time.Duration {
	if !r.known() {
		return first
	}
	return max(r.smooth+2*r.variance, r.smooth*3/2, leastTransit)
}

// hostsToTrust is how many hosts it takes to know what to expect of others.
const hostsToTrust = 8

// FirstRTTs estimates, from the first round trips of TCP hosts across the network, how
// long to wait for hosts that have not answered yet. Most addresses of a sparse range
// never answer, and waiting a second for each takes most of the scan's time. The
// estimate is used once everything that was asked before enough hosts had answered has
// had that second, so that farther hosts are in it. The zero value has no hosts.
type FirstRTTs struct {
	hosts   int
	slowest time.Duration
	from    time.Duration // when it is used
}

// Note adds the first round trip of a host.
func (f *FirstRTTs) Note(now, roundTrip time.Duration) {
	f.slowest = max(f.slowest, roundTrip)
	if f.hosts++; f.hosts == hostsToTrust {
		f.from = now + firstTimeout
	}
}

// Timeout is how long to wait for the first answer of a host: four times the slowest
// first answer of another host, but at least [leastFirst], since a host may be somewhat
// farther away. It is most if that is less, or too few hosts are known.
func (f *FirstRTTs) Timeout(now, most time.Duration) time.Duration {
	if f.hosts < hostsToTrust || now < f.from {
		return most
	}
	return min(max(4*f.slowest, leastFirst), most)
}
