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

func (f *pendingTargets) start(t scanner.Target, position uint64) {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.positions[t] = position
}

// finish returns the position of a target that has its verdict.
func (f *pendingTargets) finish(t scanner.Target) uint64 {
	if f == nil {
		return 0
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	position := f.positions[t]
	delete(f.positions, t)
	return position
}
