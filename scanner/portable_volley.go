package scanner

import "sync/atomic"

// volley is attempts that leave together: each opens its socket and waits until all
// have, and then they connect one after the other. Packets that follow each other
// closely take less of what is on the way, which wakes up once for many.
type volley struct {
	missing atomic.Int32  // attempts that are still to join or to be done without
	left    chan struct{} // closed when there are none
	wake    func()
}

// newVolley returns a volley of n attempts, which calls wake when they leave.
func newVolley(n int, wake func()) *volley {
	v := &volley{left: make(chan struct{}), wake: wake}
	v.missing.Store(int32(n))
	return v
}

// gathers reports whether some are missing.
func (v *volley) gathers() bool { return v != nil && v.missing.Load() > 0 }

// done says that one attempt is missing no more.
func (v *volley) done() {
	if v.missing.Add(-1) == 0 {
		close(v.left)
		v.wake()
	}
}

// join waits until the volley leaves.
func (v *volley) join() {
	v.done()
	<-v.left
}
