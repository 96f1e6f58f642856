package schedule

import (
	"math"
	"time"
)

const (
	inTime     = 300 * time.Millisecond  // later answers are left out of the share, for all attempts alike
	askedTwice = 1200 * time.Millisecond // when a second attempt has been answered where the first got lost
	batchTime  = 25 * time.Millisecond
	batches    = 512 // longer than a port often waits for its second attempt where the path is the limit

	rateSteps    = 40  // from 1 attempt a second up, two for each doubling
	sharesToKeep = 256 // answers beyond which older ones count for less and less

	certainShare  = 5 // natural logarithm of how much likelier a limit has to be: 150 times
	doubtfulShare = 2 // the same for not sending faster: 7 times
)

// shares finds out how much the path takes where delay does not tell: a queue may be too
// short, or full from the first answer on.
//
// If addresses are asked in a random order, the share that answers does not depend on
// how fast they are asked. The share of attempts that get lost does not either. If fewer
// are answered the faster attempts leave, the path takes no more than some rate, and
// drops the rest. Answers are few, so this is judged by likelihood: of all limits, which
// one makes the answers that came most probable, and how much more than no limit does?
type shares struct {
	recent [batches]batch // by time, in a ring
	ripe   time.Duration  // what was asked and answered before is in rates
	old    time.Duration  // what arrived and what got lost before is in rates
	rates  shareRates
}

// batch is the attempts that left within batchTime.
type batch struct {
	began time.Duration
	sent  int // of any kind
	tally
}

// tally counts what became of attempts.
type tally struct {
	asked, answered float64 // first attempts at hosts; answers in time
	arrived, lost   float64 // first attempts at ports that answered, then or later
}

// shareRates is the tallies by the rate at which the attempts left.
type shareRates [rateSteps]tally

// at is the batch of attempts that left at t, or nil if it is gone.
func (s *shares) at(t time.Duration) *batch {
	b := &s.recent[int(t/batchTime)%batches]
	if b.sent == 0 || b.began != t-t%batchTime {
		return nil
	}
	return b
}

// tally is where the fate of an attempt is counted that left at t, or nil if that is too
// long ago. Where the path is the limit, it can be seconds before a port is asked again.
func (s *shares) tally(t time.Duration) *tally {
	b := s.at(t)
	switch {
	case b == nil:
		return nil
	case b.began < s.old:
		return &s.rates[b.step()]
	}
	return &b.tally
}

// enter notes that an attempt leaves. first is whether it is the first one at its host.
func (s *shares) enter(now time.Duration, first bool) {
	b := s.at(now)
	if b == nil {
		b = &s.recent[int(now/batchTime)%batches]
		*b = batch{began: now - now%batchTime}
	}
	b.sent++
	if first {
		b.asked++
	}
}

// withdraw notes that an attempt which entered did not leave this machine.
func (s *shares) withdraw(sent time.Duration, first bool) {
	if b := s.at(sent); b != nil && sent >= s.ripe {
		b.sent--
		if first {
			b.asked = max(b.asked-1, 0)
		}
	}
}

// answered notes the answer to the first attempt at a host.
func (s *shares) answered(now, sent time.Duration) {
	if b := s.at(sent); b != nil && now <= sent+inTime {
		b.answered++
	}
}

// arrived notes the answer to the first attempt at a further port of a host.
func (s *shares) arrived(sent time.Duration) {
	if t := s.tally(sent); t != nil {
		t.arrived++
	}
}

// lost notes that such an attempt got lost: the next one was answered.
func (s *shares) lost(sent time.Duration) {
	if t := s.tally(sent); t != nil {
		t.lost++
	}
}

// ripen takes in the batches whose answers have come, and reports whether there were any.
func (s *shares) ripen(now time.Duration) (any bool) {
	if now < s.ripe+batchTime+inTime {
		return false
	}
	s.each(&s.ripe, now-inTime, func(b *batch) {
		t := &s.rates[b.step()]
		t.asked, t.answered = t.asked+b.asked, t.answered+b.answered
		any = true
	})
	s.each(&s.old, now-askedTwice, func(b *batch) {
		t := &s.rates[b.step()]
		t.arrived, t.lost = t.arrived+b.arrived, t.lost+b.lost
		any = true
	})
	if any {
		s.rates.fade()
	}
	return any
}

// each goes on from a time to the last batch that left before another.
func (s *shares) each(from *time.Duration, before time.Duration, take func(*batch)) {
	*from = max(*from, (before-batches*batchTime)/batchTime*batchTime)
	for ; *from+batchTime <= before; *from += batchTime {
		if b := s.at(*from); b != nil {
			take(b)
		}
	}
}

// limit is the likeliest rate that the path takes, and the logarithm of how much
// likelier it is than no limit.
func (s *shares) limit() (rate, odds float64) { return s.rates.limit() }

// early is the same, with the latest batches that left before some time.
func (s *shares) early(before time.Duration) (rate, odds float64) {
	all := s.rates
	from := s.ripe
	s.each(&from, before, func(b *batch) {
		t := &all[b.step()]
		t.asked, t.answered = t.asked+b.asked, t.answered+b.answered
	})
	return all.limit()
}

// step is the step of the rate at which a batch left.
func (b *batch) step() int {
	rate := float64(b.sent) / batchTime.Seconds()
	return min(max(int(math.Round(2*math.Log2(rate))), 0), rateSteps-1)
}

// fade halves everything once there are enough answers, so that a path may change.
func (r *shareRates) fade() {
	n := 0.0
	for i := range r {
		n += max(r[i].answered, r[i].arrived)
	}
	if n <= sharesToKeep {
		return
	}
	for i := range r {
		t := &r[i]
		*t = tally{t.asked / 2, t.answered / 2, t.arrived / 2, t.lost / 2}
	}
}

// limit tries the rates at which attempts left, from the fastest down to far below the
// slowest.
func (r *shareRates) limit() (rate, odds float64) {
	const below = 8
	least, most := rateSteps, -1
	for i := range r {
		if r[i].asked+r[i].arrived+r[i].lost > 0 {
			least, most = min(least, i), i
		}
	}
	if most < 0 {
		return 0, 0
	}
	free := r.likelihood(most)
	at, best := most, free
	for i := most - 1; i >= max(least-below, 0); i-- {
		if l := r.likelihood(i); l > best+1e-9 {
			at, best = i, l
		}
	}
	return math.Exp2(float64(at) / 2), best - free
}

// likelihood is the logarithm of the probability of all answers, but for what is the same
// for all limits, if the path takes the rate of a step. Of what leaves n times as fast,
// one of n gets through.
//
// The first attempts at hosts have Poisson's distribution: few addresses exist. How many
// do, and how many attempts get lost at any rate, is what fits best.
func (r *shareRates) likelihood(step int) float64 {
	through := func(i int) float64 { return math.Exp2(float64(min(step-i, 0)) / 2) }
	reached, answered, l := 0.0, 0.0, 0.0
	for i := range r {
		if t := &r[i]; t.asked > 0 {
			reached += t.asked * through(i)
			answered += t.answered
			l += t.answered * math.Log(through(i))
		}
	}
	if answered > 0 {
		l -= answered * math.Log(reached)
	}
	best := math.Inf(-1)
	for _, kept := range [...]float64{1, 0.99, 0.97, 0.93, 0.85, 0.7, 0.5, 0.3} {
		of := 0.0
		for i := range r {
			t := &r[i]
			if t.arrived+t.lost == 0 {
				continue
			}
			p := kept * through(i)
			if t.arrived > 0 {
				of += t.arrived * math.Log(p)
			}
			if t.lost > 0 {
				of += t.lost * math.Log(1-p)
			}
		}
		best = max(best, of)
	}
	return l + best
}
