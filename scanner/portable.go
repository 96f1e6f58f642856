package scanner

import (
	"context"
	"slices"
	"sync"
	"time"
)

// portable is the engine for every operating system: a worker with a socket of
// package net for each attempt in flight, and one goroutine, run's own, that
// hands attempts out and judges what they bring back.
type portable struct {
	net network
}

func newPortable() portable { return portable{net: kernel{}} }

// probe is a target on its way to a verdict.
type probe struct {
	Target
	until    time.Time // when the time for its host is up; zero for never
	attempts int       // started so far
	silences int       // of those, met with silence
	putBacks int       // of those, kept from leaving by a local limit
}

// timeUp reports that the time for p's host is up at t.
func (p *probe) timeUp(t time.Time) bool { return !p.until.IsZero() && !t.Before(p.until) }

// left is how many attempts left this machine, or are about to.
func (p *probe) left() int { return p.attempts - p.putBacks }

// answer is what one attempt of a probe brought back.
type answer struct {
	verdict
	rtt         time.Duration // 0 unless the host answered
	at          time.Time
	err         error
	interrupted bool // ctx ended before the attempt did: no verdict
}

func (e portable) run(ctx context.Context, cfg config, next func() (Target, bool), emit func(Result) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	d := &dispatcher{
		net:      e.net,
		cfg:      cfg,
		next:     next,
		emit:     emit,
		window:   newWindow(cfg.concurrency),
		pace:     newPace(cfg.rate),
		clocks:   hostClocks{limit: cfg.hostTimeout},
		probes:   make(chan probe),
		attempts: make(chan attempt, min(cfg.concurrency, 64)),
	}
	defer d.account()
	defer d.join()
	defer cancel()
	return d.dispatch(ctx)
}

// attempt is one attempt that has ended.
type attempt struct {
	probe
	answer
}

// dispatcher is one run of the portable engine. Its fields belong to the
// goroutine that runs it.
type dispatcher struct {
	net      network
	cfg      config
	next     func() (Target, bool)
	emit     func(Result) bool
	window   *window
	pace     *pace
	clocks   hostClocks
	stats    Stats
	loss     loss
	probes   chan probe   // to the workers
	attempts chan attempt // from them: those that have ended

	workers  sync.WaitGroup
	started  int              // workers so far
	again    []probe          // to be tried again, before any new target
	inFlight int              // attempts started whose end was not received
	dry      bool             // next has no more
	enough   bool             // emit wants no more
	cut      bool             // ctx ended before an attempt did
	pause    <-chan time.Time // nothing may start before it fires; nil for no pause
}

// dispatch keeps the window full until every target has its verdict.
func (d *dispatcher) dispatch(ctx context.Context) error {
	for {
		if d.cut {
			<-ctx.Done() // its sockets may notice a deadline first
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		d.fill(ctx)
		if d.enough {
			return nil
		}
		if d.inFlight == 0 && d.pause == nil {
			return ctx.Err() // next ends early when ctx does
		}
		select {
		case a := <-d.attempts:
			d.settle(a)
			if d.enough {
				return nil
			}
		case <-d.pause:
			d.pause = nil
		case <-ctx.Done():
		}
	}
}

// fill starts attempts while the window, the pace and the targets allow it.
func (d *dispatcher) fill(ctx context.Context) {
	for d.inFlight < d.window.size && d.pause == nil && !d.enough {
		p, ok := d.take()
		if !ok {
			return
		}
		now := time.Now()
		if p.attempts == 0 {
			p.until = d.clocks.end(p.Target, now)
		}
		if p.timeUp(now) {
			d.conclude(p, answer{at: now, err: ErrHostTimeout})
			continue
		}
		if wait := d.pace.wait(); wait > 0 {
			d.pause = time.After(wait)
			d.again = slices.Insert(d.again, 0, p)
			return
		}
		d.inFlight++
		p.attempts++
		d.stats.Attempts++
		if p.left() > 1 {
			d.stats.Retries++
		}
		d.start(ctx, p)
	}
}

// start gives p to a worker that is free, or to a new one. There are never
// more workers than the most probes that were in flight.
func (d *dispatcher) start(ctx context.Context, p probe) {
	select {
	case d.probes <- p:
		return
	default:
	}
	if d.started >= d.inFlight {
		d.probes <- p // one is on its way back
		return
	}
	d.started++
	d.workers.Go(func() {
		for more := true; more; p, more = <-d.probes {
			d.attempts <- attempt{p, ask(ctx, d.net, d.cfg, p)}
		}
	})
}

// take is the next probe: one to be tried again, else a new target.
func (d *dispatcher) take() (probe, bool) {
	if len(d.again) > 0 {
		p := d.again[0]
		d.again = d.again[1:]
		return p, true
	}
	if d.dry {
		return probe{}, false
	}
	t, ok := d.next()
	d.dry = !ok
	return probe{Target: t}, ok
}

// settle judges an attempt that has ended: the verdict, or another try.
func (d *dispatcher) settle(a attempt) {
	d.inFlight--
	if a.interrupted {
		d.cut = true
		return
	}
	p := a.probe
	if a.state == StateUnknown && a.err != ErrHostTimeout {
		d.stats.LocalErrors++
		d.stats.Attempts--
		if p.left() > 1 {
			d.stats.Retries--
		}
	}
	switch {
	case a.localLimit():
		if pause := d.window.refused(d.inFlight); pause > 0 {
			d.pause = time.After(pause)
		}
		if p.putBacks < maxPutBacks && !d.window.hopeless() {
			p.putBacks++
			d.again = append(d.again, p)
			return
		}
	case a.silence() && p.silences < d.cfg.retries:
		d.window.passed()
		p.silences++
		d.again = append(d.again, p)
		return
	default:
		d.window.passed()
	}
	d.conclude(p, a.answer)
}

// conclude hands on the verdict about p.
func (d *dispatcher) conclude(p probe, a answer) {
	switch {
	case a.rtt > 0:
		d.loss.answered(p.silences + 1)
		if least := d.stats.LeastRTT; least == 0 || a.rtt < least {
			d.stats.LeastRTT = a.rtt
		}
	case a.state == StateUnknown:
		d.stats.Unresolved++
		if a.err == ErrHostTimeout {
			d.stats.TimedOut++
		}
	}
	d.enough = !d.emit(Result{
		Target:   p.Target,
		State:    a.state,
		Reason:   a.reason,
		RTT:      a.rtt,
		Attempts: p.attempts,
		At:       a.at,
		Err:      a.err,
	})
}

// account fills the ledger of the scan.
func (d *dispatcher) account() {
	if d.cfg.stats == nil {
		return
	}
	d.stats.Loss = d.loss.rate()
	*d.cfg.stats = d.stats
}

// join receives the end of every attempt in flight, passing on the verdicts
// among them unless the caller wants no more, and ends the workers.
func (d *dispatcher) join() {
	for d.inFlight > 0 {
		a := <-d.attempts
		if d.enough {
			d.inFlight--
			continue
		}
		d.settle(a)
	}
	close(d.probes)
	d.workers.Wait()
}
