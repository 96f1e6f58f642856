package scanner

import (
	"sync"

	"porthole/scanner/internal/schedule"
)

// Path is what scans found out about the path to their targets: how many attempts it
// takes at once, and how long they stay in it. A scan begins with what the one before
// it has learned until then, also if that still runs. The zero value knows nothing.
type Path struct {
	mu     sync.Mutex
	latest *scan // while it runs
	known  schedule.Learned
}

// learned is what is known now. A nil Path knows nothing.
func (p *Path) learned() schedule.Learned {
	if p == nil {
		return schedule.Learned{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.latest != nil {
		p.known = p.latest.learned()
	}
	return p.known
}

// follow makes sc the scan to learn from.
func (p *Path) follow(sc *scan) {
	if p != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.latest = sc
	}
}

// finish keeps what sc, which ends, has learned.
func (p *Path) finish(sc *scan) {
	if p != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.latest == sc {
			p.latest, p.known = nil, sc.learned()
		}
	}
}

func (sc *scan) learned() schedule.Learned {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	return sc.sched.Learned()
}
