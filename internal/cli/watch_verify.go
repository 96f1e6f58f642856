package cli

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"porthole/internal/label"
	"porthole/internal/machine"
	"porthole/internal/record"
	"porthole/internal/remark"
	"porthole/internal/scanjob"
	"porthole/internal/verifyjob"
	"porthole/sockets"
)

// asker asks the listeners of a watch what answers: each when it is first seen, and
// again when its holders change. It finishes the listeners of one refresh before those of
// the next, so that no port is asked twice at a time.
type asker struct {
	job    verifyjob.Job
	ctx    context.Context // of the whole watch: an answer may come many refreshes later
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu    sync.Mutex
	queue [][]question // by refresh
	last  map[uint64]*record.Verified
	fresh []uint64 // those in last that take has not returned
	busy  bool
}

// question is a socket of the watch, by its number.
type question struct {
	number uint64
	record *record.Record
}

func newAsker(ctx context.Context, how *scanjob.Verify) *asker {
	a := &asker{
		job:  verifyjob.Job{All: how.All, Expiry: cmp.Or(how.Expiry, remark.DefaultExpiry), NetNS: machine.NetNS()},
		last: make(map[uint64]*record.Verified),
	}
	a.ctx, a.cancel = context.WithCancel(ctx)
	return a
}

// ask has the sockets of one refresh asked.
func (a *asker) ask(questions []question, bound verifyjob.Bound) {
	if len(questions) == 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.queue = append(a.queue, questions)
	if a.busy {
		return
	}
	a.busy = true
	job := a.job
	job.Bound = bound
	a.done.Go(func() { a.work(job) })
}

// work asks what waits in the queue.
func (a *asker) work(job verifyjob.Job) {
	for {
		a.mu.Lock()
		if len(a.queue) == 0 {
			a.busy = false
			a.mu.Unlock()
			return
		}
		questions := a.queue[0]
		a.queue = a.queue[1:]
		a.mu.Unlock()
		list := make([]*record.Record, len(questions))
		for i, q := range questions {
			list[i] = q.record
		}
		_ = job.Run(a.ctx, list) // it fails only if the watch ends
		a.mu.Lock()
		for _, q := range questions {
			if q.record.Verified != nil {
				a.last[q.number] = q.record.Verified
				a.fresh = append(a.fresh, q.number)
			}
		}
		a.mu.Unlock()
	}
}

// verified is what was verified last of a socket; nil if nothing was.
func (a *asker) verified(number uint64) *record.Verified {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.last[number]
}

// take returns the sockets that were verified since the last call.
func (a *asker) take() []uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	fresh := a.fresh
	a.fresh = nil
	return fresh
}

// forget drops a socket that is gone.
func (a *asker) forget(number uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.last, number)
}

// close ends what is being asked.
func (a *asker) close() {
	if a == nil {
		return
	}
	a.mu.Lock()
	a.queue = nil
	a.mu.Unlock()
	a.cancel()
	a.done.Wait()
}

// verify has the sockets of an update asked, and adds to its events what was verified
// since the last update.
func (s *watchedSockets) verify(events []watchedEvent) []watchedEvent {
	if s.asker == nil {
		return events
	}
	at := make(map[uint64]int)
	var questions []question
	known := make(label.Processes)
	for i, e := range events {
		at[e.Number] = i
		if e.Kind == sockets.EventKindClosed {
			s.asker.forget(e.Number)
		} else if e.is && e.Socket.State.Waits() && (e.Kind != sockets.EventKindChanged || slices.Contains(e.Fields, "processes")) {
			questions = append(questions, question{e.Number, s.record(e, known)})
		}
	}
	s.asker.ask(questions, s.bound())
	for _, number := range s.asker.take() {
		one := s.there[number]
		i, hasEvent := at[number]
		switch {
		case one == nil || !one.shown: // it is gone, or filtered by now
		case hasEvent && events[i].Kind == sockets.EventKindChanged:
			events[i].Fields = append(slices.Clone(events[i].Fields), "verified")
		case !hasEvent:
			e := sockets.Event{Kind: sockets.EventKindChanged, Number: number, Socket: one.socket, Fields: []string{"verified"}}
			events = append(events, watchedEvent{e, one.reach, true, true})
		}
	}
	return events
}

// bound has all that waits.
func (s *watchedSockets) bound() verifyjob.Bound {
	bound := make(verifyjob.Bound)
	for _, one := range s.there {
		if one.socket.State.Waits() {
			bound.Add(one.socket.NetNS, one.socket.Proto, one.socket.Local)
		}
	}
	return bound
}
