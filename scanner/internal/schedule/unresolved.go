package schedule

import "time"

// Unresolved bounds how many addresses of the link are asked before ARP or neighbor
// discovery has found them. Each takes an entry of the kernel's neighbour table until
// that gives up, and an attempt that finds the table full is lost on this machine, in
// silence. The zero value has no bound.
type Unresolved struct {
	Most int           // addresses at a time; 0 for no bound
	Wait time.Duration // until the system gives one up

	until []time.Duration // when it gives up each, in order
}

// Full reports whether no other address may be asked at now, and until when.
func (u *Unresolved) Full(now time.Duration) (until time.Duration, full bool) {
	if u.Most == 0 {
		return 0, false
	}
	for len(u.until) > 0 && u.until[0] <= now {
		u.until = u.until[1:]
	}
	if len(u.until) < u.Most {
		return 0, false
	}
	return u.until[0], true
}

// Add notes that another address is asked.
func (u *Unresolved) Add(now time.Duration) {
	if u.Most > 0 {
		u.until = append(u.until, now+u.Wait)
	}
}

// resolve notes an attempt at a host of the link that has not answered.
func (s *Scheduler[E]) resolve(h *host, now time.Duration) {
	if h.onLink && !h.rtt.known() && now >= h.unresolved {
		h.unresolved = now + s.cfg.Unresolved.Wait
		s.cfg.Unresolved.Add(now)
	}
}
