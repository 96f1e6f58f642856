package scanner

import (
	"context"
	"errors"
	"iter"
	"net/netip"
	"sync"
	"time"

	"porthole/scanner/internal/schedule"
)

// ErrHostTimeout is behind [Result.Err] of a target that had no answer when the
// time for its host was up. Its state is [StateUnknown]: nothing is claimed.
var ErrHostTimeout = errors.New("the host's time was up")

const (
	feedQueue   = 2048    // targets taken before they are needed at most
	mostWaiting = 1 << 14 // verdicts that wait for the caller's loop at most
)

// scan is one run of [Scanner.Scan]. Data goes one way: a feeder takes targets
// from the caller's sequence, the engine's goroutines take turns with the
// scheduler, and the caller's loop takes verdicts in batches.
type scan struct {
	cfg   config
	began time.Time
	feed  *feed

	mu       sync.Mutex // for what follows
	sched    *schedule.Scheduler[evidence]
	verdicts []Result  // for the caller's loop
	spare    []Result  // the batch that it has just read
	most     int       // verdicts that may wait
	changed  sync.Cond // signals changes of verdicts and ended
	stopped  bool      // the scan ended before all targets had their verdicts
	ended    bool      // no more verdicts will come
}

// evidence is what an engine hangs on an outcome: what it says about the port,
// and the error behind it.
type evidence struct {
	verdict
	err error
}

func newScan(cfg config, began time.Time) *scan {
	sc := &scan{cfg: cfg, began: began, feed: newFeed(min(4*cfg.concurrency, feedQueue)), most: min(4*cfg.concurrency, mostWaiting)}
	sc.changed.L = &sc.mu
	sc.feed.origin = cfg.origin
	link := newLink()
	sc.sched = schedule.New[evidence](schedule.Config{
		Timeout:     cfg.timeout,
		Retries:     cfg.retries,
		Rate:        cfg.rate,
		HostTimeout: cfg.hostTimeout,
		Sampling:    cfg.sampling,
		Listen:      cfg.listen,
		FullTimeout: cfg.fullTimeout,
		OnLink:      link.contains,
		Unresolved:  link.unresolved,
		Learned:     cfg.path.learned(),
	}, (*caller)(sc))
	cfg.path.follow(sc)
	return sc
}

// clock is the time since the start of the scan.
func (sc *scan) clock() time.Duration { return time.Since(sc.began) }

// turn hands in the outcomes of attempts at slots and fills o with what to do
// next: see [schedule.Scheduler.Turn].
func (sc *scan) turn(slots *schedule.Slots, now time.Duration, outcomes []schedule.Outcome[evidence], o *schedule.Orders) {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	sc.sched.Turn(slots, now, outcomes, o)
}

// perform runs an engine's session over targets until the scan is over, and
// yields the verdicts in batches. A batch is valid until the next one. All
// goroutines have ended when the sequence has.
func (sc *scan) perform(ctx context.Context, s session, targets iter.Seq[Target]) iter.Seq[[]Result] {
	return func(yield func([]Result) bool) {
		ctx, cancel := context.WithCancel(ctx)
		if ctx.Err() != nil {
			sc.stop()
		}
		var all sync.WaitGroup
		defer func() {
			cancel()
			all.Wait()
			s.close()
		}()
		over := make(chan struct{})
		all.Go(func() { sc.feed.run(targets, sc.refuse, s.wake) })
		all.Go(func() {
			defer close(over)
			s.run()
			sc.finish()
			sc.cfg.path.finish(sc)
		})
		all.Go(func() {
			select {
			case <-ctx.Done():
				sc.stop()
				s.wake()
			case <-over:
				sc.feed.stop()
			}
		})
		for batch, wasFull := sc.wait(); len(batch) > 0; batch, wasFull = sc.wait() {
			if wasFull {
				s.wake()
			}
			if !yield(batch) {
				return
			}
		}
	}
}

// stop ends the scan before its time.
func (sc *scan) stop() {
	sc.mu.Lock()
	sc.stopped = !sc.ended
	sc.sched.Stop()
	sc.changed.Broadcast()
	sc.mu.Unlock()
	sc.feed.stop()
}

// finish ends the verdicts, once the session has ended.
func (sc *scan) finish() {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	sc.ended = true
	sc.changed.Broadcast()
}

// wait waits for verdicts and takes all there are; none when the scan is over.
func (sc *scan) wait() (batch []Result, wasFull bool) {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	for len(sc.verdicts) == 0 && !sc.ended {
		sc.changed.Wait()
	}
	batch, wasFull = sc.verdicts, len(sc.verdicts) >= sc.most
	sc.verdicts, sc.spare = sc.spare[:0], batch
	if wasFull {
		sc.changed.Broadcast()
	}
	return batch, wasFull
}

// refuse gives a target that cannot be asked its verdict, and reports whether
// more targets are wanted.
func (sc *scan) refuse(t Target, err error) bool {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	for len(sc.verdicts) >= sc.most && !sc.stopped && !sc.ended {
		sc.changed.Wait()
	}
	if sc.stopped || sc.ended {
		return false
	}
	sc.add(Result{Target: t, At: time.Now(), Err: err})
	return true
}

func (sc *scan) add(r Result) {
	sc.verdicts = append(sc.verdicts, r)
	if len(sc.verdicts) == 1 {
		sc.changed.Broadcast()
	}
}

// stats is what the scan counted so far.
func (sc *scan) stats() Stats {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	return Stats(sc.sched.Stats())
}

// caller is the scan as its scheduler sees it, which calls it in its turns.
type caller scan

func (c *caller) Next() (schedule.Target, bool) { return c.feed.take() }
func (c *caller) Ended() bool                   { return c.feed.ended() }
func (c *caller) Full() bool                    { return len(c.verdicts) >= c.most }

// Report makes a result of a verdict.
func (c *caller) Report(v schedule.Verdict[evidence]) {
	proto := "tcp"
	if v.UDP {
		proto = "udp"
	}
	r := Result{
		Target:   Target{Proto: proto, Addr: netip.AddrPortFrom(v.Addr, v.Port), Host: v.Name},
		RTT:      v.RTT,
		Attempts: v.Attempts,
		At:       c.began.Add(v.At),
		late:     v.Late,
	}
	if c.cfg.listen {
		r.first = c.began.Add(v.First)
	}
	switch v.Ending {
	case schedule.Silent:
		silence := silent(proto)
		r.State, r.Reason = silence.state, silence.reason
	case schedule.HostTimeout:
		r.Err = ErrHostTimeout
	default:
		r.State, r.Reason, r.Err = v.Evidence.state, v.Evidence.reason, v.Evidence.err
	}
	(*scan)(c).add(r)
}

// local says what an error of this machine means for the next attempts.
func (v verdict) local() schedule.Local {
	switch v.reason {
	case ReasonLocalLimit:
		return schedule.Shortage
	case ReasonLocalDenied:
		return schedule.Denied
	}
	return schedule.Failure
}

// answer says who gave an answer, as far as the scheduler learns from it.
func (v verdict) answer() schedule.Answer {
	switch {
	case v.state == StateClosed && v.reason == ReasonPortUnreach:
		return schedule.FromHostLimited
	case v.state == StateOpen || v.state == StateClosed:
		return schedule.FromHost
	}
	return schedule.FromPath
}
