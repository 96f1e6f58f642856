package scanner

import (
	"runtime"
	"sync"
	"time"

	"porthole/scanner/internal/schedule"
)

// portableSlots is how many attempts the portable engine has in flight at most:
// each takes a goroutine and 7 KB. Silent addresses hold theirs for half a second, so
// that it bounds how fast a sparse range is asked. macOS and Windows have ports for as
// many.
const portableSlots = 8192

// endedRoom is how many attempts may have ended before a turn takes them in. A worker
// beyond it waits.
const endedRoom = 1024

// portableEngine is the engine for every operating system: a goroutine with a socket
// of package net for each slot, and one, run's own, that takes the turns.
type portableEngine struct {
	net network // nil for this machine's
}

func newPortableEngine() portableEngine { return portableEngine{} }

func (e portableEngine) start(sc *scan) (session, error) {
	most := max(sc.cfg.concurrency, min(sc.cfg.budget, portableSlots))
	network := e.net
	if network == nil {
		network = newKernel(sc.cfg.origin)
	}
	s := &portableSession{net: network, scan: sc, slots: schedule.NewSlots(most), woken: make(chan struct{}, 1), ended: make(chan *attempt, endedRoom)}
	s.slots.Check = s.check
	return s, nil
}

// portableSession is the portable engine at work for one scan. Its fields belong
// to the goroutine that runs it, but for the channels.
type portableSession struct {
	net   network
	scan  *scan
	slots schedule.Slots

	workers []*portableWorker // by slot
	spare   []*attempt        // to be used again
	burst   *burst            // the latest; nil before any
	all     sync.WaitGroup
	ended   chan *attempt // from the workers
	woken   chan struct{}
}

func (s *portableSession) wake() {
	select {
	case s.woken <- struct{}{}:
	default: // it is to wake up already
	}
}

func (s *portableSession) close() {}

func (s *portableSession) run() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var o schedule.Orders
	starts := make([]schedule.Start, 0, batch)
	var outcomes []schedule.Outcome[evidence]
	now := s.scan.clock()
	for {
		o.Starts = starts
		if s.burst.incomplete() {
			o.Starts = nil
		}
		s.scan.turn(&s.slots, now, outcomes, &o)
		for _, slot := range o.Drops {
			s.drop(slot)
		}
		if o.Done {
			break
		}
		s.beginAll(o.Starts)
		outcomes, now = s.collect(outcomes[:0], o.Wake, timer)
	}
	s.join()
}

// beginAll gives attempts to the workers of their slots. Those whose worker is free
// leave in a burst.
func (s *portableSession) beginAll(starts []schedule.Start) {
	if len(starts) == 0 {
		return
	}
	s.burst = newBurst(len(starts), s.wake)
	for _, st := range starts {
		s.begin(st, s.burst)
	}
}

func (s *portableSession) begin(st schedule.Start, b *burst) {
	for int(st.Slot) >= len(s.workers) {
		w := newPortableWorker(s)
		s.workers = append(s.workers, w)
		s.all.Go(w.run)
	}
	s.drop(st.Slot) // a late attempt may have been given up for this one
	var a *attempt
	if last := len(s.spare) - 1; last >= 0 {
		a, s.spare = s.spare[last], s.spare[:last]
	} else {
		a = &attempt{scan: s.scan, attemptContext: newAttemptContext()}
	}
	a.Start, a.burst = st, b
	if unmade := s.workers[st.Slot].give(a); unmade != nil {
		s.reuse(unmade)
	}
}

// reuse keeps an attempt that no worker has, and no slot, for another one.
func (s *portableSession) reuse(a *attempt) {
	a.reset()
	s.spare = append(s.spare, a)
}

// drop ends the attempt of a slot. What it brings back is ignored.
func (s *portableSession) drop(slot int32) {
	if a := s.workers[slot].drop(); a != nil && a.sent.Load() != 0 {
		s.slots.Sent(1)
	}
}

// collect waits for attempts to end, at most until wake, and adds the outcomes
// of all that have. The time is that before the channel was found empty.
func (s *portableSession) collect(outcomes []schedule.Outcome[evidence], wake time.Duration, timer *time.Timer) ([]schedule.Outcome[evidence], time.Duration) {
	wait := wake - s.scan.clock()
	if s.burst.incomplete() {
		wait = max(wait, 10*time.Millisecond) // the burst wakes it
	}
	if wait > 0 {
		timer.Reset(wait)
		select {
		case a := <-s.ended:
			outcomes = s.outcomeOf(outcomes, a)
			runtime.Gosched() // others may be about to end: one turn for all of them
		case <-s.woken:
		case <-timer.C:
		}
	}
	for {
		now := s.scan.clock()
		select {
		case a := <-s.ended:
			outcomes = s.outcomeOf(outcomes, a)
		default:
			return outcomes, now
		}
	}
}

// outcomeOf adds the outcome of an attempt, unless that was dropped.
func (s *portableSession) outcomeOf(outcomes []schedule.Outcome[evidence], a *attempt) []schedule.Outcome[evidence] {
	defer s.reuse(a)
	if !s.workers[a.Slot].ended(a) {
		return outcomes
	}
	if sent := a.sent.Load(); sent != 0 {
		s.slots.Begin(a.Slot, time.Duration(sent))
	}
	if a.outcome.Event != schedule.Failed {
		s.slots.Sent(1)
	}
	return append(outcomes, a.outcome)
}

// check is what the scheduler asks before an attempt counts as timed out: a busy
// machine may run the goroutine late that has the answer.
func (s *portableSession) check(slot int32) (sent time.Duration, wait bool) {
	return s.workers[slot].current.check()
}

// join ends the attempts in flight and the workers.
func (s *portableSession) join() {
	for _, w := range s.workers {
		w.drop()
		close(w.attempts)
	}
	go func() {
		s.all.Wait()
		close(s.ended)
	}()
	for range s.ended {
	}
}
