package scanner

// epollEngine is the engine for Linux: a few workers, each with non-blocking
// sockets and an epoll instance of its own. An attempt costs neither a
// goroutine nor an allocation.
type epollEngine struct {
	sys     syscalls
	workers int // 0 for as many as there are processors
}

func newEpollEngine() *epollEngine { return &epollEngine{sys: linuxSyscalls()} }

// start makes the workers and shares the slots out among them.
func (e *epollEngine) start(sc *scan) (session, error) {
	most := max(sc.cfg.concurrency, sc.cfg.budget)
	n := e.workers
	if n == 0 {
		n = processorsFor(most)
	}
	return startAll(min(n, most), most, func(most int) (session, error) { return newWorker(&e.sys, sc, most) })
}
