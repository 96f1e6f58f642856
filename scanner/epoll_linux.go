package scanner

import (
	"runtime"
	"sync"
)

// epollEngine is the engine for Linux: a few workers, each with non-blocking
// sockets and an epoll instance of its own. An attempt costs neither a
// goroutine nor an allocation.
type epollEngine struct {
	sys     syscalls
	workers int // 0 for as many as there are processors
}

func newEpollEngine() *epollEngine { return &epollEngine{sys: linuxSyscalls()} }

// epollSession is the workers of one scan.
type epollSession []*worker

// start makes the workers and shares the slots out among them.
func (e *epollEngine) start(sc *scan) (session, error) {
	most := max(sc.cfg.concurrency, sc.cfg.budget)
	n := e.workers
	if n == 0 {
		n = max(1, min(runtime.GOMAXPROCS(0), most/batch))
	}
	n = min(n, most)
	var workers epollSession
	for i := range n {
		w, err := newWorker(&e.sys, sc, most/n+(most%n+n-1-i)/n)
		if err != nil {
			workers.close()
			return nil, err
		}
		workers = append(workers, w)
	}
	return workers, nil
}

func (s epollSession) run() {
	var all sync.WaitGroup
	for _, w := range s {
		all.Go(func() {
			w.run()
			s.wake() // the others may be waiting for what will not come
		})
	}
	all.Wait()
}

func (s epollSession) wake() {
	for _, w := range s {
		w.wakeup.signal()
	}
}

func (s epollSession) close() {
	for _, w := range s {
		w.close()
	}
}
