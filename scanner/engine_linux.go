package scanner

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// feedAhead is how many targets are pulled ahead of their use at most.
const feedAhead = 2048

// epollEngine is the engine for Linux: a few workers, each with non-blocking
// sockets and an epoll instance of its own, and one scheduler that they ask
// what to do. A probe costs neither a goroutine nor an allocation.
type epollEngine struct {
	sys     syscalls
	workers int // 0 for as many as there are processors
}

func newEpollEngine() *epollEngine { return &epollEngine{sys: linuxSyscalls()} }

func (e *epollEngine) run(ctx context.Context, cfg config, next func() (Target, bool), emit func(Result) bool) error {
	cfg.concurrency = max(cfg.concurrency, cfg.budget)
	f := newFeed(min(4*cfg.concurrency, feedAhead))
	s := newScheduler(cfg, f, time.Now())
	workers, err := e.crew(s, &cfg)
	if err != nil {
		return err
	}
	wakeAll := func() {
		for _, w := range workers {
			w.bell.ring()
		}
	}
	halt := func() {
		s.end()
		f.stop()
		wakeAll()
	}
	defer context.AfterFunc(ctx, halt)()

	var feeding, working sync.WaitGroup
	feeding.Go(func() { f.run(next, wakeAll) })
	for _, w := range workers {
		working.Go(func() {
			w.run()
			wakeAll() // the others may be waiting for what will not come
		})
	}
	go func() {
		working.Wait()
		s.close()
	}()
	for results := range s.results() {
		for i := range results {
			if !emit(results[i]) {
				halt()
				break
			}
		}
	}
	f.stop()
	feeding.Wait()
	for _, w := range workers {
		w.close()
	}
	if cfg.stats != nil {
		*cfg.stats = s.ledger()
	}
	return ctx.Err()
}

// crew makes the workers and shares the sockets out among them.
func (e *epollEngine) crew(s *scheduler, cfg *config) ([]*worker, error) {
	most := cfg.concurrency
	n := e.workers
	if n == 0 {
		n = max(1, min(runtime.GOMAXPROCS(0), most/batch))
	}
	n = min(n, most)
	var workers []*worker
	for i := range n {
		w, err := newWorker(&e.sys, s, cfg, most/n+(most%n+n-1-i)/n)
		if err != nil {
			for _, w := range workers {
				w.close()
			}
			return nil, err
		}
		workers = append(workers, w)
	}
	return workers, nil
}
