package scanner

import (
	"iter"
	"time"
)

// results yields the verdicts in batches until the workers have ended. A batch
// is valid until the next one.
func (s *scheduler) results() iter.Seq[[]Result] {
	return func(yield func([]Result) bool) {
		for {
			s.mu.Lock()
			for len(s.out) == 0 && !s.finished {
				s.some.Wait()
			}
			batch := s.out
			s.out, s.spare = s.spare[:0], batch
			s.mu.Unlock()
			if len(batch) == 0 || !yield(batch) {
				return
			}
		}
	}
}

// end makes the workers stop.
func (s *scheduler) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
}

// close ends the verdicts, once the workers have ended.
func (s *scheduler) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finished = true
	s.some.Signal()
}

// ledger is the account of the scan.
func (s *scheduler) ledger() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.stats
	st.Loss = s.loss.rate()
	return st
}

// report hands a verdict on to the consumer.
func (s *scheduler) report(p *peer, port uint16, r Result, at time.Duration) {
	r.Target = p.target(port)
	r.At = s.began.Add(at)
	if r.State == StateUnknown {
		s.stats.Unresolved++
	}
	s.out = append(s.out, r)
	if len(s.out) == 1 {
		s.some.Signal()
	}
}
