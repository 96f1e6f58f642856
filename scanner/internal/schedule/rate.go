package schedule

import "time"

// pacerSlack is how far a pacer may catch up after it was called too late.
const pacerSlack = 50 * time.Millisecond

// pacer spaces events evenly at a rate (the generic cell rate algorithm, ITU-T
// I.371): exact in the long run, without a burst at the start, by a monotonic
// clock. The zero value lets everything pass.
type pacer struct {
	gap   time.Duration // between events; 0 means no limit
	due   time.Duration // when the next event is due
	frac  float64       // fraction of a nanosecond that gap leaves out
	carry float64       // sum of these fractions, below 1
}

// setRate changes the rate, in events per second; 0 means no limit.
func (p *pacer) setRate(now time.Duration, rate float64) {
	if rate <= 0 {
		*p = pacer{}
		return
	}
	exact := float64(time.Second) / rate
	p.gap = time.Duration(exact)
	p.frac = exact - float64(p.gap)
	p.due = max(p.due, now)
}

func (p *pacer) limited() bool { return p.gap != 0 || p.frac != 0 }

// allows reports whether an event may happen at now.
func (p *pacer) allows(now time.Duration) bool { return !p.limited() || now >= p.due }

// spend accounts for one event at now.
func (p *pacer) spend(now time.Duration) {
	if !p.limited() {
		return
	}
	p.due = max(p.due, now-pacerSlack) + p.gap
	if p.carry += p.frac; p.carry >= 1 {
		p.carry--
		p.due++
	}
}
