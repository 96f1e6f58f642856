package scanner

import "sync"

// feed pulls targets from the caller's sequence ahead of their use, so that a
// sequence that blocks (a pipe, a name being resolved) holds up nothing else.
type feed struct {
	mu      sync.Mutex
	room    sync.Cond
	ahead   []Target
	most    int  // targets to pull ahead of their use
	last    bool // the sequence has ended, or is wanted no more
	stopped bool

	batch []Target // in use by the consumer
	used  int
}

func newFeed(most int) *feed {
	f := &feed{most: most}
	f.room.L = &f.mu
	return f
}

// run pulls until the sequence ends or the feed is stopped, and calls kick when
// a consumer that found nothing may find something now.
func (f *feed) run(next func() (Target, bool), kick func()) {
	for {
		t, ok := next()
		f.mu.Lock()
		for ok && len(f.ahead) >= f.most && !f.stopped {
			f.room.Wait()
		}
		if !ok || f.stopped {
			f.last = true
			f.mu.Unlock()
			kick()
			return
		}
		f.ahead = append(f.ahead, t)
		first := len(f.ahead) == 1
		f.mu.Unlock()
		if first {
			kick()
		}
	}
}

// stop makes run return once the sequence does.
func (f *feed) stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stopped = true
	f.room.Signal()
}

// take returns the next target if there is one already. Only one goroutine at
// a time may call take and ended.
func (f *feed) take() (t Target, ok bool) {
	if f.used == len(f.batch) && !f.refill() {
		return Target{}, false
	}
	t = f.batch[f.used]
	f.used++
	return t, true
}

func (f *feed) refill() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.batch, f.ahead, f.used = f.ahead, f.batch[:0], 0
	f.room.Signal()
	return len(f.batch) > 0
}

// ended reports that no target is left or to come.
func (f *feed) ended() bool {
	if f.used < len(f.batch) {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last && len(f.ahead) == 0
}
