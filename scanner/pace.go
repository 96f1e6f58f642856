package scanner

import (
	"time"

	"golang.org/x/time/rate"
)

// burstTime is how much of a second's attempts may leave at once to make up
// for a timer, or a worker, that was late. They were due before: from the start
// of the scan on there are never more than the rate says.
const burstTime = pacerSlack

// pace spaces attempts out so that no more than a rate of them leave. A nil
// pace spaces nothing.
type pace struct {
	limiter *rate.Limiter
	booked  bool // an attempt was told to wait and has its place
}

// newPace is a pace of perSecond attempts; 0 means no limit.
func newPace(perSecond float64) *pace {
	if perSecond == 0 {
		return nil
	}
	burst := max(1, int(perSecond*burstTime.Seconds()))
	p := &pace{limiter: rate.NewLimiter(rate.Limit(perSecond), burst)}
	p.limiter.AllowN(time.Now(), burst-1) // a scan starts at its rate, not with a burst
	return p
}

// wait is how long the next attempt has to wait. After waiting that long, the
// next call returns 0.
func (p *pace) wait() time.Duration {
	if p == nil {
		return 0
	}
	if p.booked {
		p.booked = false
		return 0
	}
	delay := p.limiter.Reserve().Delay()
	p.booked = delay > 0
	return delay
}
