package scanner

import (
	"runtime"
	"sync"
)

// sessions are those of one scan that work side by side, each with slots of its own.
type sessions []session

// processorsFor is how many sessions are worth it for most slots.
func processorsFor(most int) int { return max(1, min(runtime.GOMAXPROCS(0), most/batch)) }

// startAll starts n sessions and shares the slots out among them.
func startAll(n, most int, start func(most int) (session, error)) (session, error) {
	var all sessions
	for i := range n {
		s, err := start(most/n + (most%n+n-1-i)/n)
		if err != nil {
			all.close()
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

func (all sessions) run() {
	var running sync.WaitGroup
	for _, s := range all {
		running.Go(func() {
			s.run()
			all.wake() // the others may be waiting for what will not come
		})
	}
	running.Wait()
}

func (all sessions) wake() {
	for _, s := range all {
		s.wake()
	}
}

func (all sessions) close() {
	for _, s := range all {
		s.close()
	}
}
