package scanner

import (
	"errors"
	"sync"
	"time"
)

// ErrHostTimeout is behind [Result.Err] of a target that had no answer when the
// time for its host was up. Its state is [StateUnknown]: nothing is claimed.
var ErrHostTimeout = errors.New("the host's time was up")

const (
	mostLive   = 1 << 15                // probes without a verdict; bounds memory
	mostAhead  = 1 << 14                // verdicts that wait for the consumer
	mostParked = 1 << 13                // fresh probes that wait for a slow peer
	nudge      = 100 * time.Millisecond // between looks at what another worker may have left to do
)

// scheduler decides what to ask when, and what silence means. It owns no socket
// and reads no clock: workers tell it the time, hand in outcomes and take
// starts, a batch at a time, so that its lock costs little. Times count from
// the start of the scan.
type scheduler struct {
	mu    sync.Mutex
	cfg   config
	began time.Time
	feed  *feed

	inquiries inquiries
	peers     peers
	ring      peerList // peers with probes to ask
	resting   peerList // peers with a slow pass to come
	timers    wheel    // by 2*peer.id for pacing, +1 for the host timeout
	path      flow     // all attempts in the network
	others    acquainted
	pace      pacer // cfg.rate
	parked    int   // fresh probes that wait for their peer
	ahead     int   // verdicts that may wait for the consumer
	local     localErrors

	out      []Result // verdicts for the consumer
	spare    []Result // the buffer that the consumer has just read
	some     sync.Cond
	finished bool // no more verdicts will come
	over     bool // the caller wants no more
	stats    Stats
	loss     loss
}

// start is an attempt that a worker is to make at one of its places. If the
// place has a socket in use, that one is given up.
type start struct {
	place int32
	kind  kind
	peer  *peer
	port  uint16
}

func newScheduler(cfg config, f *feed, began time.Time) *scheduler {
	s := &scheduler{cfg: cfg, feed: f, began: began, path: newFlow(firstFlow), ahead: min(4*cfg.concurrency, mostAhead), resting: peerList{rank: 1}}
	s.some.L = &s.mu
	s.pace.setRate(0, cfg.rate)
	return s
}

// orders is what a worker is to do next.
type orders struct {
	starts []start
	drops  []int32       // places whose sockets are to be closed, before the starts
	wake   time.Duration // when to come back if nothing happens; 0 for at once
	done   bool          // the scan is over
}

// turn hands in what happened to a worker's attempts and fills o with what it
// is to do. All events of b's sockets up to now must be among the outcomes.
func (s *scheduler) turn(b *berths, now time.Duration, launched int, in []outcome, o *orders) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o.starts, o.drops = o.starts[:0], o.drops[:0]
	s.local.launched(b, launched)
	for i := range in {
		s.settle(b, &in[i])
	}
	s.firePeers(now)
	s.expire(b, now, o)
	o.done = s.over || s.inquiries.live == 0 && s.feed.ended()
	if o.done {
		return
	}
	o.wake = now + time.Second
	s.take(b, now, o)
	if at, ok := b.timers.next(); ok {
		o.wake = min(o.wake, at)
	}
	if at, ok := s.timers.next(); ok {
		o.wake = min(o.wake, at)
	}
}

// take fills o with attempts to start, as many as the windows, the rate and
// this machine's limits allow.
func (s *scheduler) take(b *berths, now time.Duration, o *orders) {
	for len(o.starts) < cap(o.starts) {
		switch {
		case now < s.local.hold:
			o.wake = min(o.wake, s.local.hold)
			return
		case !s.pace.allows(now):
			o.wake = min(o.wake, s.pace.due)
			return
		case len(s.out) >= s.ahead:
			o.wake = min(o.wake, now+nudge/20)
			return
		case !b.room(), !s.path.open():
			o.wake = min(o.wake, now+nudge)
			return
		}
		id, ok := s.pick(now)
		if !ok {
			o.wake = min(o.wake, now+nudge)
			return
		}
		place, _ := b.take(s.inquiries.all[id].peer.kind)
		o.starts = append(o.starts, s.launch(b, place, id, now))
	}
	o.wake = 0
}

// launch puts the next attempt for a probe at a place.
func (s *scheduler) launch(b *berths, place, id int32, now time.Duration) start {
	pr := &s.inquiries.all[id]
	p := pr.peer
	if pr.epoch != p.epoch {
		pr.epoch, pr.silent, pr.last = p.epoch, 0, false
	}
	if pr.tries++; pr.left() > 1 {
		s.stats.Retries++
	}
	s.stats.Attempts++
	pr.sent = now
	s.pace.spend(now)
	b.all[place] = berth{inquiry: id, gen: pr.gen, peer: p, start: now, stage: stageInside, kind: p.kind, nth: pr.silent + 1}
	transit := s.timeout(p, now, pr.last)
	if !p.near {
		p.limiter.send(now)
		p.limiter.review(now, s.timeout(p, now, false))
		p.flow.enter()
		s.path.enter()
		transit = min(transit, s.transit(p))
	}
	b.timers.set(place, p.within(now+transit))
	return start{place: place, kind: p.kind, peer: p, port: pr.port}
}

// timeout is how long an attempt at p is waited for.
func (s *scheduler) timeout(p *peer, now time.Duration, last bool) time.Duration {
	first := firstTimeout
	if !p.near && !p.key.udp { // a UDP service may take its time to answer
		first = s.others.timeout(now)
	}
	return p.timeout(s.cfg.timeout, first, last)
}

// transit is how long an unanswered attempt at p is taken to occupy the path.
func (s *scheduler) transit(p *peer) time.Duration { return p.rtt.transit(s.others.transit()) }
