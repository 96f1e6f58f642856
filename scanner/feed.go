package scanner

import (
	"iter"
	"sync"

	"porthole/scanner/internal/schedule"
)

// feed takes targets from the caller's sequence before they are needed, so that a
// sequence that blocks (a pipe, a name being resolved) holds up nothing else.
type feed struct {
	mu      sync.Mutex
	room    sync.Cond
	queue   []schedule.Target
	origin  origin
	most    int  // targets in the queue at most
	last    bool // the sequence has ended, or was left
	stopped bool

	batch []schedule.Target // that the consumer takes from
	used  int               // of batch
}

func newFeed(most int) *feed {
	f := &feed{most: most}
	f.room.L = &f.mu
	return f
}

// run ranges over targets until they end or the feed is stopped. It hands those
// that cannot be asked to refuse, which reports whether more are wanted. It calls wake
// when the queue was empty and is not any more.
func (f *feed) run(targets iter.Seq[Target], refuse func(Target, error) bool, wake func()) {
	for t := range targets {
		err := t.check()
		if err == nil {
			err = f.origin.fits(t)
		}
		if err != nil {
			if !refuse(t, err) {
				break
			}
			continue
		}
		if !f.put(t, wake) {
			break
		}
	}
	f.mu.Lock()
	f.last = true
	f.mu.Unlock()
	wake()
}

// put adds a target once there is room for it, and reports whether more are
// wanted.
func (f *feed) put(t Target, wake func()) bool {
	key := schedule.HostKey{Addr: t.Addr.Addr(), Name: t.Host, UDP: t.Proto == "udp"}
	f.mu.Lock()
	for len(f.queue) >= f.most && !f.stopped {
		f.room.Wait()
	}
	more := !f.stopped
	if more {
		f.queue = append(f.queue, schedule.Target{HostKey: key, Port: t.Addr.Port()})
	}
	first := len(f.queue) == 1
	f.mu.Unlock()
	if first {
		wake()
	}
	return more
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
func (f *feed) take() (t schedule.Target, ok bool) {
	if f.used == len(f.batch) && !f.refill() {
		return schedule.Target{}, false
	}
	t = f.batch[f.used]
	f.used++
	return t, true
}

func (f *feed) refill() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.batch, f.queue, f.used = f.queue, f.batch[:0], 0
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
	return f.last && len(f.queue) == 0
}
