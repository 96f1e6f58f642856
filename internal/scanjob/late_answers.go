package scanjob

import (
	"context"
	"iter"
	"net/netip"
	"time"

	"porthole/scanner"
)

// lateShare is the least share of its time, one in so many, for which a scan listens to
// addresses that are down and were asked last. It does so while it asks the ports of the
// others, and for what is left of that time afterwards.
const lateShare = 8

// fewDown is how many addresses may be down for the scan to listen to each of them for
// its full timeout, even if it could end sooner.
const fewDown = 256

// handOverTime is allowed for answers that came in time to reach the job.
const handOverTime = 100 * time.Millisecond

// runningDiscovery is a discovery that goes on. It listens to the addresses that it
// asked last while the ports of the others are asked.
type runningDiscovery struct {
	steps  chan discoveryStep // closed at its end
	quit   chan struct{}      // closed when steps are no longer received
	cancel context.CancelFunc
	stats  scanner.Stats

	allKnown time.Time // when each address had its status
	rest     time.Duration
}

// discoveryStep is one of: the status of an address, an error, a kind of probe that
// cannot be sent, or that every address has its status.
type discoveryStep struct {
	host     scanner.HostStatus
	err      error
	unable   error
	allAsked bool
	rest     time.Duration // with allAsked: how long an answer to the first questions may take
}

// startDiscovery begins to look for addresses. With a checkpoint, and if only addresses
// are looked for, each address can have one status only, so that the discovery listens to
// all of them until its end.
func (r *run) startDiscovery(ctx context.Context, how scanner.Discovery, addresses iter.Seq2[string, netip.Addr]) *runningDiscovery {
	d := &runningDiscovery{steps: make(chan discoveryStep), quit: make(chan struct{})}
	ctx, d.cancel = context.WithCancel(ctx)
	send := func(s discoveryStep) bool {
		select {
		case d.steps <- s:
			return true
		case <-d.quit:
			return false
		}
	}
	how.Unable = func(err error) { send(discoveryStep{unable: err}) }
	if r.Checkpoint == nil && r.Discover != DiscoverOnly {
		how.AllAsked = func(rest time.Duration) { send(discoveryStep{allAsked: true, rest: rest}) }
	}
	settings := r.Scanner
	settings.Path = &r.path
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
func (d *runningDiscovery) end(r *run) {
	if d == nil {
		return
	}
	d.cancel()
	close(d.quit)
	for range d.steps { // until its goroutine has ended
	}
	r.stats.Add(statsOf(d.stats))
}

// waitForLate is how long to wait for late answers once the ports of the others have
// been asked, if down addresses are down.
func (d *runningDiscovery) waitForLate(began time.Time, down uint64) time.Duration {
	long := time.Since(began) / lateShare
	if down <= fewDown {
		long = max(long, d.rest+handOverTime)
	}
	return max(long-time.Since(d.allKnown), handOverTime)
}

// collectLate returns the addresses that answer after they were reported down. It waits
// for such answers for at most wait.
func (r *run) collectLate(ctx context.Context, d *runningDiscovery, wait time.Duration) (late lateHosts, err error) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
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
		case <-timer.C:
			return late, nil
		case <-ctx.Done():
			return late, ctx.Err()
		}
	}
}

// lateHosts are addresses that answered late, as [scanner.Hosts].
type lateHosts []scanner.HostStatus

func (l lateHosts) Len() uint64                      { return uint64(len(l)) }
func (l lateHosts) At(i uint64) (string, netip.Addr) { return l[i].Host, l[i].Addr }
