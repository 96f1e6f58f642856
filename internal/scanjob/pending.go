package scanjob

import (
	"sync"

	"porthole/scanner"
)

// pendingTargets has the positions of the targets that the scanner has taken and that have
// no verdict yet. A nil one has none.
type pendingTargets struct {
	mu        sync.Mutex
	positions map[scanner.Target]uint64
}

func newPendingTargets() *pendingTargets {
	return &pendingTargets{positions: make(map[scanner.Target]uint64)}
}

func (p *pendingTargets) start(t scanner.Target, position uint64) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.positions[t] = position
}

// finish returns the position of a target that has its verdict.
func (p *pendingTargets) finish(t scanner.Target) uint64 {
	if p == nil {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	position := p.positions[t]
	delete(p.positions, t)
	return position
}
