package scanner

import (
	"sync"
	"sync/atomic"
	"time"

	"porthole/scanner/internal/schedule"
)

// portableSlots is how many attempts the portable engine has in flight at most:
// each takes a goroutine and 10 KB.
const portableSlots = 4096

// portable is the engine for every operating system: a goroutine with a socket
// of package net for each slot, and one, run's own, that takes the turns.
type portable struct {
	net network
}

func newPortable() portable { return portable{net: kernel{}} }

func (e portable) start(sc *scan) (session, error) {
	most := max(sc.cfg.concurrency, min(sc.cfg.budget, portableSlots))
	network := e.net
	if _, system := network.(kernel); system {
		network = kernel{sc.cfg.origin}
	}
	s := &portableSession{net: network, scan: sc, slots: schedule.NewSlots(most), woken: make(chan struct{}, 1), ended: make(chan *attempt, batch)}
	s.slots.Check = s.check
	return s, nil
}

// portableSession is the portable engine at work for one scan. Its fields belong
// to the goroutine that runs it, but for the channels and the counter.
type portableSession struct {
	net   network
	scan  *scan
	slots schedule.Slots

	workers []portableWorker // by slot
	all     sync.WaitGroup
	ended   chan *attempt // from the workers
	woken   chan struct{}
	unbegun atomic.Int32 // attempts that wait for a processor, at most a batch
}

// portableWorker is the goroutine of one slot. It closes the socket of one
// attempt before it begins the next, so there are never more sockets than slots.
type portableWorker struct {
	attempts chan *attempt
	current  *attempt // of the slot; nil if it has none
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
		o.Starts = starts[:0:max(0, batch-int(s.unbegun.Load()))]
		s.scan.turn(&s.slots, now, outcomes, &o)
		for _, slot := range o.Drops {
			s.drop(slot)
		}
		if o.Done {
			break
		}
		for _, st := range o.Starts {
			s.begin(st)
		}
		outcomes, now = s.collect(outcomes[:0], o.Wake, timer)
	}
	s.join()
}

// begin gives the attempt st to the worker of its slot.
func (s *portableSession) begin(st schedule.Start) {
	for int(st.Slot) >= len(s.workers) {
		s.workers = append(s.workers, portableWorker{})
	}
	s.drop(st.Slot) // a late attempt may have been given up for this one
	w := &s.workers[st.Slot]
	if w.attempts == nil {
		attempts := make(chan *attempt, 1)
		w.attempts = attempts
		s.all.Go(func() {
			for a := range attempts {
				a.make(s)
				s.ended <- a
			}
		})
	}
	w.current = newAttempt(st)
	s.unbegun.Add(1)
	select {
	case unmade := <-w.attempts: // it was dropped before its worker came to it
		unmade.begun(s, nil)
	default:
	}
	w.attempts <- w.current
}

// drop ends the attempt of a slot. What it brings back is ignored.
func (s *portableSession) drop(slot int32) {
	w := &s.workers[slot]
	if a := w.current; a != nil {
		a.cancel()
		if a.sent.Load() != 0 {
			s.slots.Sent(1)
		}
	}
	w.current = nil
}

// collect waits for attempts to end, at most until wake, and adds the outcomes
// of all that have. The time is that before the channel was found empty.
func (s *portableSession) collect(outcomes []schedule.Outcome[evidence], wake time.Duration, timer *time.Timer) ([]schedule.Outcome[evidence], time.Duration) {
	wait := wake - s.scan.clock()
	if s.unbegun.Load() >= batch/2 {
		wait = max(wait, time.Millisecond) // until workers have begun some
	}
	if wait > 0 {
		timer.Reset(wait)
		select {
		case a := <-s.ended:
			outcomes = s.outcomeOf(outcomes, a)
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
	w := &s.workers[a.Slot]
	if w.current != a {
		return outcomes
	}
	w.current = nil
	a.cancel()
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
	for i := range s.workers {
		s.drop(int32(i))
		if attempts := s.workers[i].attempts; attempts != nil {
			close(attempts)
		}
	}
	go func() {
		s.all.Wait()
		close(s.ended)
	}()
	for range s.ended {
	}
}
