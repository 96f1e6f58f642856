package scanner

import "sync/atomic"

// burst is attempts that leave together: each opens its socket and waits until all
// have, and then they connect one after the other. Packets that follow each other
// closely cost the machines on the way less, which wake up once for many.
type burst struct {
	missing atomic.Int32  // attempts that have neither joined nor dropped out
	left    chan struct{} // closed when none are missing
	wake    func()
}

// newBurst returns a burst of n attempts, which calls wake when they leave.
func newBurst(n int, wake func()) *burst {
	b := &burst{left: make(chan struct{}), wake: wake}
	b.missing.Store(int32(n))
	return b
}

// incomplete reports whether attempts are missing.
func (b *burst) incomplete() bool { return b != nil && b.missing.Load() > 0 }

// done counts one missing attempt less.
func (b *burst) done() {
	if b.missing.Add(-1) == 0 {
		close(b.left)
		b.wake()
	}
}

// join has an attempt wait until the burst leaves.
func (b *burst) join() {
	b.done()
	<-b.left
}
