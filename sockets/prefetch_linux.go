package sockets

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// prefetch describes holders on another processor while the kernel looks for more: those
// that found is called with, until stop is.
func (r *processes) prefetch() (found func(pid int), stop func()) {
	if r.tasks == nil || runtime.GOMAXPROCS(0) == 1 {
		return func(int) {}, func() {}
	}
	if r.prefetched == nil {
		r.prefetched = make(map[int]Process)
	}
	const waiting = 1024 // the others are described afterwards
	var queue chan int
	var stopped atomic.Bool
	var reading sync.WaitGroup
	begin := func() {
		queue = make(chan int, waiting)
		reading.Go(func() {
			for pid := range queue {
				if stopped.Load() {
					return
				}
				if p, ok := r.describeTask(pid); ok {
					r.prefetched[pid] = p
				}
			}
		})
	}
	last := 0
	found = func(pid int) {
		if pid == last { // the descriptors of a process come one after another
			return
		}
		if last == 0 {
			begin()
		}
		last = pid
		select {
		case queue <- pid:
		default:
		}
	}
	return found, func() {
		if queue != nil {
			stopped.Store(true)
			close(queue)
			reading.Wait()
		}
	}
}
