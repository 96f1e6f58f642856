package scanner

import (
	"math"
	"runtime"
	"sync"
	"time"

	"porthole/scanner/internal/schedule"
)

// portableSlots is how many attempts the portable engine has in flight at most: those
// of workers take a goroutine and 7 KB each. Silent addresses hold theirs for half a
// second, so that it bounds how fast a sparse range is asked. macOS and Windows have
// ports for as many.
const portableSlots = 8192

// endedRoom is how many attempts may have ended before a turn takes them in. A worker
// beyond it waits.
const endedRoom = 1024

// portableEngine is the engine for every operating system. Its sessions make TCP
// attempts themselves where the system has epoll or kqueue. All other attempts are made
// by workers: a goroutine for each slot, with a socket of package net.
type portableEngine struct {
	net         network // what workers ask, without a connector; nil for this machine
	workersOnly bool    // no connector, as on Windows
}

func newPortableEngine() portableEngine { return portableEngine{} }

func (e portableEngine) start(sc *scan) (session, error) {
	most := max(sc.cfg.concurrency, min(sc.cfg.budget, portableSlots))
	network := e.net
	if network == nil {
		network = newKernel(sc.cfg.origin)
	}
	if e.net != nil || e.workersOnly || !hasConnector {
		return newPortableSession(sc, network, most), nil
	}
	return startAll(min(processorsFor(most), most), most, func(most int) (session, error) {
		s := newPortableSession(sc, network, most)
		var err error
		s.tcp, err = newConnector(s, sc.cfg.origin)
		return s, err
	})
}

// portableSession is the portable engine at work for one scan, or one of several that
// share it. Its fields belong to the goroutine that runs it, but for the channels.
type portableSession struct {
	net   network
	scan  *scan
	slots schedule.Slots

	tcp     connector         // nil if the workers connect
	workers []*portableWorker // by slot; nil for none yet
	spare   []*attempt        // to be used again
	burst   *burst            // the latest; nil before any
	all     sync.WaitGroup

	outcomes []schedule.Outcome[evidence] // since the last turn
	ended    chan *attempt                // from the workers
	woken    chan struct{}
}

func newPortableSession(sc *scan, net network, most int) *portableSession {
	s := &portableSession{net: net, scan: sc, slots: schedule.NewSlots(most), woken: make(chan struct{}, 1), ended: make(chan *attempt, endedRoom)}
	s.slots.Check = s.check
	return s
}

func (s *portableSession) wake() {
	select {
	case s.woken <- struct{}{}:
	default: // it is to wake up already
	}
	if s.tcp != nil {
		s.tcp.wake()
	}
}

// pending reports whether there is a reason not to wait.
func (s *portableSession) pending() bool { return len(s.woken) > 0 || len(s.ended) > 0 }

// deliver hands over an attempt that has ended.
func (s *portableSession) deliver(a *attempt) {
	s.ended <- a
	if s.tcp != nil {
		s.tcp.wake()
	}
}

func (s *portableSession) close() {
	if s.tcp != nil {
		s.tcp.close()
	}
}

func (s *portableSession) run() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var o schedule.Orders
	starts := make([]schedule.Start, 0, batch)
	now := s.scan.clock()
	for {
		o.Starts = starts
		if s.burst.incomplete() {
			o.Starts = nil
		}
		s.scan.turn(&s.slots, now, s.outcomes, &o)
		s.outcomes = s.outcomes[:0]
		for _, slot := range o.Drops {
			s.drop(slot)
		}
		if o.Done {
			break
		}
		s.beginAll(o.Starts)
		now = s.collect(o.Wake, timer)
	}
	s.join()
}

// beginAll makes attempts. Those of workers who are free leave in a burst.
func (s *portableSession) beginAll(starts []schedule.Start) {
	ofWorkers := starts[:0] // in the same memory: none is written before it is read
	for _, st := range starts {
		s.drop(st.Slot) // a late attempt may have been given up for this one
		if s.tcp != nil && !isUDP(st.Kind) {
			s.tcp.begin(st)
		} else {
			ofWorkers = append(ofWorkers, st)
		}
	}
	if len(ofWorkers) == 0 {
		return
	}
	s.burst = newBurst(len(ofWorkers), s.wake)
	for _, st := range ofWorkers {
		s.begin(st, s.burst)
	}
}

// begin gives an attempt to the worker of its slot.
func (s *portableSession) begin(st schedule.Start, b *burst) {
	var a *attempt
	if last := len(s.spare) - 1; last >= 0 {
		a, s.spare = s.spare[last], s.spare[:last]
	} else {
		a = &attempt{scan: s.scan, attemptContext: newAttemptContext()}
	}
	a.Start, a.burst = st, b
	if unmade := s.worker(st.Slot).give(a); unmade != nil {
		s.reuse(unmade)
	}
}

// worker is the worker of a slot, which is made for its first attempt.
func (s *portableSession) worker(slot int32) *portableWorker {
	for int(slot) >= len(s.workers) {
		s.workers = append(s.workers, nil)
	}
	if s.workers[slot] == nil {
		s.workers[slot] = newPortableWorker(s)
		s.all.Go(s.workers[slot].run)
	}
	return s.workers[slot]
}

// reuse keeps an attempt that no worker has, and no slot, for another one.
func (s *portableSession) reuse(a *attempt) {
	a.reset()
	s.spare = append(s.spare, a)
}

// drop ends the attempt of a slot, if it has one. What it brings back is ignored.
func (s *portableSession) drop(slot int32) {
	if s.tcp != nil {
		s.tcp.drop(slot)
	}
	if int(slot) >= len(s.workers) || s.workers[slot] == nil {
		return
	}
	if a := s.workers[slot].drop(); a != nil && a.sent.Load() != 0 {
		s.slots.Sent(1)
	}
}

// collect waits for attempts to end, at most until wake, and adds the outcomes
// of all that have. The time is that up to which it has seen all.
func (s *portableSession) collect(wake time.Duration, timer *time.Timer) time.Duration {
	wait := wake - s.scan.clock()
	if s.burst.incomplete() {
		wait = max(wait, 10*time.Millisecond) // the burst wakes it
	}
	if len(s.outcomes) > 0 {
		wait = 0
	}
	now := time.Duration(math.MaxInt64)
	if s.tcp != nil && !s.tcp.idle() {
		now = s.tcp.poll(wait)
		select {
		case <-s.woken: // the next turn is for it
		default:
		}
	} else if wait > 0 {
		s.wait(wait, timer)
	}
	return min(now, s.drain())
}

// wait waits for attempts of workers.
func (s *portableSession) wait(timeout time.Duration, timer *time.Timer) {
	timer.Reset(timeout)
	select {
	case a := <-s.ended:
		s.collected(a)
		runtime.Gosched() // others may be about to end: one turn for all of them
	case <-s.woken:
	case <-timer.C:
	}
}

// drain adds the outcomes of all attempts of workers that have ended. The time is that
// before there were no more.
func (s *portableSession) drain() time.Duration {
	for {
		now := s.scan.clock()
		select {
		case a := <-s.ended:
			s.collected(a)
		default:
			return now
		}
	}
}

// collected adds the outcome of an attempt of a worker, unless that was dropped.
func (s *portableSession) collected(a *attempt) {
	defer s.reuse(a)
	if !s.workers[a.Slot].ended(a) {
		return
	}
	if sent := a.sent.Load(); sent != 0 {
		s.slots.Begin(a.Slot, time.Duration(sent))
	}
	if a.outcome.Event != schedule.Failed {
		s.slots.Sent(1)
	}
	s.conclude(a.outcome)
}

// conclude adds an outcome to those of the next turn.
func (s *portableSession) conclude(o schedule.Outcome[evidence]) { s.outcomes = append(s.outcomes, o) }

// check is what the scheduler asks before an attempt counts as timed out: a busy
// machine may run the goroutine late that has the answer.
func (s *portableSession) check(slot int32) (sent time.Duration, wait bool) {
	if s.tcp != nil {
		if sent, ok := s.tcp.connects(slot); ok {
			return sent, false
		}
	}
	return s.workers[slot].current.check()
}

// join ends the attempts of the workers, and the workers.
func (s *portableSession) join() {
	for _, w := range s.workers {
		if w != nil {
			w.drop()
			close(w.attempts)
		}
	}
	go func() {
		s.all.Wait()
		close(s.ended)
	}()
	for range s.ended {
	}
}
