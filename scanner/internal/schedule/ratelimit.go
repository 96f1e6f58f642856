package schedule

import "time"

const (
	cohortSpan    = 500 * time.Millisecond
	cohortsKept   = 8
	slowestRate   = 0.5  // attempts per second
	overdriveLoss = 0.25 // share of lost attempts that calls for slowing down
	limitedLoss   = 0.15 // the same once a host is known to limit its answers
	icmpOverdrive = 0.1  // the same for UDP, where limited ICMP errors are the rule (RFC 1812 section 4.3.2.8)
	tolerableLoss = 0.08 // share below which a limited host is asked faster again
	mostTolerated = 0.45 // the most that is put down to the path itself
	hopelessLoss  = 0.5  // share above which silence proves nothing
	lossEvidence  = 8    // lost attempts of one cohort that are no coincidence
	growth        = 1.25
	fastGrowth    = 1.5 // while nothing is lost
)

// rateLimit detects that a host limits how fast it answers, and finds out how fast that
// is. The evidence is a port that stayed silent and then answered a retry: a
// firewall that drops never does. The remedy is the host's own answer rate, the
// idea of BBR: ask as fast as it answers and try a little faster now and then.
//
// Loss that has nothing to do with speed looks the same at first, but when the
// host is asked more slowly it answers more slowly in proportion. Then the
// limit is lifted again and that share of loss is taken for the path's own.
type rateLimit struct {
	pacer   pacer
	cohorts [cohortsKept]cohort
	changed time.Duration // when pacer last changed; older attempts are no evidence

	answeredSince, lostSince int32 // attempts that left after that

	slowedAt time.Duration // when it was last braked hard; silence before that proves nothing

	base   float64  // loss that slowing down did not cure
	before pastRate // at the last slowing down
	free   float64  // attempts per second when the limit was found
}

// braking is whether a host was slowed down. After hard braking, earlier silence proves
// nothing; else [Loss] allows for it.
type braking uint8

const (
	notBraked braking = iota
	braked
	brakedHard
)

// cohort counts the attempts that were sent in one span of time. An attempt is
// known to be lost only when a later one to the same port is answered.
type cohort struct {
	number         int32
	sent, arrived  int32 // attempts sent, answers that came, in this span
	answered, lost int32 // attempts of this span that were answered, and lost
}

// of is the cohort of t, or nil when it is too old to be kept.
func (l *rateLimit) of(t time.Duration) *cohort {
	n := int32(t / cohortSpan)
	c := &l.cohorts[n%cohortsKept]
	if c.number < n {
		*c = cohort{number: n}
	}
	if c.number != n {
		return nil
	}
	return c
}

func (l *rateLimit) limited() bool { return l.pacer.limited() }

// rate is the present limit in attempts per second.
func (l *rateLimit) rate() float64 {
	return float64(time.Second) / (float64(l.pacer.gap) + l.pacer.frac)
}

func (l *rateLimit) send(now time.Duration) {
	l.of(now).sent++
	l.pacer.spend(now)
}

// answered notes an answer to the attempt sent at start.
func (l *rateLimit) answered(now, start time.Duration) {
	l.of(now).arrived++
	if c := l.of(start); c != nil {
		c.answered++
	}
	if start >= l.changed {
		l.answeredSince++
	}
}

// lost notes that the attempt sent at start went unanswered though the port
// answers, and reports whether the host had to be slowed down for it.
func (l *rateLimit) lost(now, start time.Duration, udp bool) braking {
	c := l.of(start)
	if c == nil || start < l.changed {
		return notBraked
	}
	c.lost++
	l.lostSince++
	share := float64(c.lost) / float64(c.lost+c.answered)
	evidence, least := int32(lossEvidence), overdriveLoss
	switch {
	case udp:
		evidence, least = 1, icmpOverdrive
	case l.limited():
		least = limitedLoss
	}
	if c.lost < evidence || share < min(l.base*1.25+least, mostTolerated) {
		return notBraked
	}
	return l.slow(now, share)
}

// slow limits the host to its answer rate, or lifts the limit when that was
// tried and cured nothing.
func (l *rateLimit) slow(now time.Duration, share float64) braking {
	is, was := l.recent(now), l.before
	is.loss = share
	if is.curedNothing(was) {
		l.base = max(l.base, share)
		l.before = pastRate{}
		l.setRate(now, 0)
		return notBraked
	}
	how := braked
	if !l.limited() || share >= hopelessLoss {
		how, l.slowedAt = brakedHard, now
	}
	if !l.limited() {
		l.free = is.sent
	}
	l.before = is
	l.setRate(now, max(is.arrived, slowestRate))
	return how
}

// pastRate is how a host was asked and answered when it was slowed down.
type pastRate struct {
	sent, arrived float64 // per second
	answers       int32   // behind these
	loss          float64 // share of the attempts
}

// curedNothing reports whether a host that is asked more slowly than before answers
// more slowly in proportion, and loses as much. A burst that a limiting host lets pass
// can look like that for a few answers, so it takes many.
func (is pastRate) curedNothing(was pastRate) bool {
	return min(is.answers, was.answers) >= 50 &&
		is.sent < was.sent*0.8 && is.arrived < was.arrived*0.85 && is.loss > was.loss*0.7
}

// recent is how the host was asked and answered lately, since the last change.
func (l *rateLimit) recent(now time.Duration) pastRate {
	from := max(l.changed+cohortSpan-1, now-(cohortsKept-2)*cohortSpan).Truncate(cohortSpan)
	if now-from < cohortSpan/2 {
		from = l.changed.Truncate(cohortSpan)
	}
	var r pastRate
	for i := range l.cohorts {
		c := &l.cohorts[i]
		if time.Duration(c.number)*cohortSpan >= from {
			r.sent += float64(c.sent)
			r.answers += c.arrived
		}
	}
	span := max(now-from, time.Millisecond).Seconds()
	r.sent /= span
	r.arrived = float64(r.answers) / span
	return r
}

// review has a limited host asked faster once what was sent since the last change has
// had time to be answered or proven lost.
func (l *rateLimit) review(now, timeout time.Duration) {
	if !l.limited() || now < l.changed+timeout+cohortSpan {
		return
	}
	answered, lost := l.answeredSince, l.lostSince
	if answered < 4 || float64(lost) > (l.base+tolerableLoss)*float64(answered+lost) {
		return
	}
	rate := l.rate() * growth
	if lost == 0 {
		rate = l.rate() * fastGrowth
	}
	if rate > l.free {
		rate = 0 // as fast as before it was slowed: the cause has gone
	}
	l.setRate(now, rate)
}

// setRate begins to judge anew.
func (l *rateLimit) setRate(now time.Duration, rate float64) {
	l.changed, l.answeredSince, l.lostSince = now, 0, 0
	l.pacer.setRate(now, rate)
}
