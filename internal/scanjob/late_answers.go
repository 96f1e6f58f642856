package scanjob

import (
	"context"
	"iter"
	"net/netip"
	"time"

	"porthole/scanner"
)

// listenOn is the part of its time that a scan at least goes on listening for, once each
// address has a status, to those that were asked a moment ago and are down. It listens
// while the ports of the others are asked, too.
const listenOn = 8

// fewDown is how many addresses may be down for the scan to listen to each of them for
// all of its time, however soon it could end.
const fewDown = 256

// toHandOver is the time for answers that have come to be told of.
const toHandOver = 100 * time.Millisecond

// discovering is a discovery on its way. It goes on listening to the last addresses
// that it asked while the ports of the others are asked.
type discovering struct {
	steps  chan discoveryStep // closed at its end
	quit   chan struct{}      // closed when nobody takes them any more
	cancel context.CancelFunc
	stats  scanner.Stats

	settled time.Time // when each address had its status
	rest    time.Duration
}

// discoveryStep is the status of an address, an error, why something cannot be asked,
// or that every address has its status.
type discoveryStep struct {
	host     scanner.HostStatus
	err      error
	unable   error
	allAsked bool
	rest     time.Duration // with allAsked: how long an answer to the first questions may take
}

// startDiscovery begins to look for addresses. A checkpoint has one status for each
// address, and a list of addresses names each once: there all are listened to until
// the end.
func (r *run) startDiscovery(ctx context.Context, how scanner.Discovery, addresses iter.Seq2[string, netip.Addr]) *discovering {
	d := &discovering{steps: make(chan discoveryStep), quit: make(chan struct{})}
	ctx, d.cancel = context.WithCancel(ctx)
	send := func(s discoveryStep) bool {
		select {
		case d.steps <- s:
			return true
		case <-d.quit:
			return false
		}
	}
	if r.Hooks.Unable != nil {
		how.Unable = func(err error) { send(discoveryStep{unable: err}) }
	}
	if r.Checkpoint == nil && r.Discover != DiscoverOnly {
		how.AllAsked = func(rest time.Duration) { send(discoveryStep{allAsked: true, rest: rest}) }
	}
	settings := r.Scanner
	settings.Stats = func(stats scanner.Stats) { d.stats = stats }
	engine := r.newEngine(settings)
	go func() {
		defer close(d.steps)
		for h, err := range engine.Discover(ctx, how, addresses) {
			if !send(discoveryStep{host: h, err: err}) {
				return
			}
		}
	}()
	return d
}

// end ends a discovery, which may be nil, and adds its statistics.
func (d *discovering) end(r *run) {
	if d == nil {
		return
	}
	d.cancel()
	close(d.quit)
	for range d.steps { // until its goroutine has ended
	}
	r.stats.Add(statsOf(d.stats))
}

// patience is how long to wait for late answers once the ports of the others have been
// asked, where so many addresses are down.
func (d *discovering) patience(began time.Time, down uint64) time.Duration {
	long := time.Since(began) / listenOn
	if down <= fewDown {
		long = max(long, d.rest+toHandOver)
	}
	return max(long-time.Since(d.settled), toHandOver)
}

// hearLate returns the addresses that answered after they were taken to be down. It
// waits for such answers no longer than it is told.
func (r *run) hearLate(ctx context.Context, d *discovering, patience time.Duration) (late lateHosts, err error) {
	enough := time.NewTimer(patience)
	defer enough.Stop()
	for {
		select {
		case step, ok := <-d.steps:
			if !ok {
				return late, ctx.Err()
			}
			if step.err != nil {
				return late, step.err
			}
			if step.unable != nil {
				r.Hooks.Unable(step.unable)
				break
			}
			r.counts.Down--
			r.counts.Silent -= uint64(step.host.Asked)
			if err := r.host(step.host); err != nil {
				return late, err
			}
			r.Hooks.Late(step.host)
			late = append(late, step.host)
		case <-enough.C:
			return late, nil
		case <-ctx.Done():
			return late, ctx.Err()
		}
	}
}

// lateHosts are addresses that answered late, as a [scanner.Plan] wants them.
type lateHosts []scanner.HostStatus

func (l lateHosts) Len() uint64                      { return uint64(len(l)) }
func (l lateHosts) At(i uint64) (string, netip.Addr) { return l[i].Host, l[i].Addr }
