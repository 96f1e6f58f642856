package scanner

import (
	"context"
	"iter"
	"net/netip"
	"time"

	"porthole/scanner/internal/schedule"
)

// discoveryRun is one run of [Scanner.Discover]. The scan of the ports and the echo
// requests have goroutines of their own. They hand hosts over by fresh; all else
// belongs to the goroutine that runs the iterator.
type discoveryRun struct {
	scanner    Scanner // for the ports
	stats      func(Stats)
	config     Discovery
	timeout    time.Duration // how long an answer to a probe is listened for
	began      time.Time
	methods    *discoveryMethods
	echo       echoer
	neighbours neighbourTable

	fresh   chan *pendingHost // hosts whose ports are about to be asked
	all     chan struct{}     // closed when there are no more fresh hosts
	slots   chan struct{}     // holds one value for each waiting host, which bounds them
	pending map[hostKey]*pendingHost
	byAddr  map[netip.Addr]*pendingHost // without zone; several with one address are linked by next
	waiting []*pendingHost              // in stageWaiting, the oldest first
	overdue []*pendingHost              // in stageOverdue, the oldest first

	firsts   schedule.FirstRTTs // of hosts, by ports or echo requests
	echoLoss schedule.Loss
	allKnown time.Time // when every address had a status; zero before
}

const (
	mostPending = 1 << 13 // waiting hosts
	resultRoom  = 256     // verdicts of ports that wait to be taken

	pollInterval  = 20 * time.Millisecond // between two checks of the waiting hosts
	leastRequests = 2                     // echo requests to a silent address
	mostRepeats   = 128                   // echo requests that are repeated at a time
)

func newDiscoveryRun(s *Scanner, how Discovery) *discoveryRun {
	d := &discoveryRun{
		scanner: *s, stats: s.Stats, config: how, timeout: s.Timeout, began: time.Now(),
		fresh: make(chan *pendingHost, 64), all: make(chan struct{}), slots: make(chan struct{}, mostPending),
		pending: make(map[hostKey]*pendingHost), byAddr: make(map[netip.Addr]*pendingHost),
	}
	if d.timeout == 0 {
		d.timeout = DefaultTimeout
	}
	d.scanner.Attempts, d.scanner.Stats, d.scanner.Keep = 1, nil, nil
	d.scanner.sampling, d.scanner.listen = true, true
	if d.methods = s.methods; d.methods == nil {
		d.methods = systemDiscovery(s)
	}
	d.echo, d.neighbours = noEcho{}, d.methods.neighbours()
	return d
}

func (d *discoveryRun) ports() int { return len(d.config.TCP) + len(d.config.UDP) }

func (d *discoveryRun) unable(err error) {
	if err != nil && d.config.Unable != nil {
		d.config.Unable(err)
	}
}

// close ends what the run has opened.
func (d *discoveryRun) close() {
	d.echo.close()
	d.neighbours.close()
}

// scanResult is a step of the scan of the ports.
type scanResult struct {
	Result
	err error
}

// run yields the status of every address. It returns nil if the caller's loop has ended.
func (d *discoveryRun) run(ctx context.Context, addresses iter.Seq2[string, netip.Addr], yield func(HostStatus, error) bool) error {
	var stats Stats
	outer := ctx
	ctx, cancel := context.WithCancel(ctx)
	results := make(chan scanResult, resultRoom)
	if d.stats != nil {
		d.scanner.Stats = func(st Stats) { stats = st }
	}
	echoes := 2 / float64(2+d.ports()) // their share of the rate
	var err error
	d.echo, err = d.methods.echo(d.scanner.Rate * echoes)
	d.unable(err)
	if d.ports() > 0 {
		d.scanner.Rate -= d.scanner.Rate * echoes
	}
	go func() {
		defer close(results)
		d.ask(ctx, addresses, results)
	}()
	defer func() {
		cancel()
		for range results { // until the scan has ended
		}
		if d.stats != nil {
			stats.Attempts += d.echo.sent()
			d.stats(stats)
		}
	}()
	return d.watch(outer, results, &yielder{yield: yield})
}

// ask scans the ports of the addresses, and passes the addresses on as it takes
// them.
func (d *discoveryRun) ask(ctx context.Context, addresses iter.Seq2[string, netip.Addr], results chan<- scanResult) {
	send := func(r scanResult) {
		select {
		case results <- r:
		case <-ctx.Done():
		}
	}
	if d.ports() == 0 {
		for range d.targets(ctx, addresses) { // no targets, but it hands the hosts over
		}
		if ctx.Err() != nil {
			send(scanResult{err: ctx.Err()})
		}
		return
	}
	for r, err := range d.scanner.Scan(ctx, d.targets(ctx, addresses)) {
		if ctx.Err() == nil { // else watch has returned, and the scan is about to end
			send(scanResult{r, err})
		}
	}
}

// targets is every port of every address. The ports of one address follow each
// other, so that its status is soon known.
func (d *discoveryRun) targets(ctx context.Context, addresses iter.Seq2[string, netip.Addr]) iter.Seq[Target] {
	return func(yield func(Target) bool) {
		link := newLink() // echo requests leave before the ports are asked
		for host, addr := range addresses {
			link.enter(ctx, addr, d.began)
			h := &pendingHost{hostKey: hostKey{host, addr}}
			select {
			case d.slots <- struct{}{}:
			case <-ctx.Done():
				return
			}
			select {
			case d.fresh <- h:
			case <-ctx.Done():
				return
			}
			for _, port := range d.config.TCP {
				if !yield(Target{Proto: "tcp", Addr: netip.AddrPortFrom(addr, port), Host: host}) {
					return
				}
			}
			for _, port := range d.config.UDP {
				if !yield(Target{Proto: "udp", Addr: netip.AddrPortFrom(addr, port), Host: host}) {
					return
				}
			}
		}
		close(d.all)
	}
}

// yielder remembers that the caller's loop has ended.
type yielder struct {
	yield func(HostStatus, error) bool
	ended bool
}

// watch decides about the hosts by what comes in.
func (d *discoveryRun) watch(ctx context.Context, results <-chan scanResult, y *yielder) error {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	all := d.all // nil once all hosts have begun
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case h := <-d.fresh:
			d.begin(h)
		case <-all:
			all = nil
			d.beginAll()
		case r, ok := <-results:
			if !ok {
				results = nil
				break
			}
			if r.err != nil {
				return r.err
			}
			d.beginAll() // its host is known before its verdict
			d.verdict(y, r.Result)
		case r := <-d.echo.replies():
			d.replied(y, r)
		case <-tick.C:
			d.poll(ctx, y, results == nil)
		}
		if y.ended || all == nil && d.over(ctx, y) {
			return ctx.Err()
		}
	}
}

// over reports whether there is nothing left to wait for, once all hosts have begun.
func (d *discoveryRun) over(ctx context.Context, y *yielder) bool {
	now := time.Now()
	switch {
	case len(d.slots) > 0: // waiting may still have hosts that have answered
		return false
	case d.config.AllAsked == nil:
		return len(d.overdue) == 0
	case !d.allKnown.IsZero():
		return len(d.byAddr) == 0 || now.Sub(d.allKnown) > d.timeout // nobody is down, or all had their time
	}
	d.allKnown = now
	d.giveUp(ctx, y, d.overdue, now)
	rest := time.Duration(0)
	for _, h := range d.overdue {
		if h.stage == stageDown {
			rest = max(rest, d.timeLeft(h, now))
		}
	}
	d.overdue = nil
	if !y.ended {
		d.config.AllAsked(rest)
	}
	return y.ended
}
