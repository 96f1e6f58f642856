package scanner

import (
	"net/netip"
	"time"
)

// clocksKept is how many hosts have a clock at least. Beyond twice as many the
// oldest are forgotten, so that memory stays bounded; a host that is asked
// again after that has its time anew.
const clocksKept = 1 << 15

// hostClocks are the times by which hosts have to be done with.
type hostClocks struct {
	limit          time.Duration // from a host's first probe; 0 for no limit
	recent, before map[hostKey]time.Time
}

// hostKey tells hosts apart: an address that was found by two names is two.
type hostKey struct {
	host string
	addr netip.Addr
}

// end is when the time for t's host is up; zero for never. The first call for a
// host starts its clock.
func (c *hostClocks) end(t Target, now time.Time) time.Time {
	if c.limit == 0 {
		return time.Time{}
	}
	key := hostKey{t.Host, t.Addr.Addr()}
	at, ok := c.recent[key]
	if ok {
		return at
	}
	if at, ok = c.before[key]; !ok {
		at = now.Add(c.limit)
	}
	if c.recent == nil || len(c.recent) == clocksKept {
		c.before, c.recent = c.recent, make(map[hostKey]time.Time)
	}
	c.recent[key] = at
	return at
}
