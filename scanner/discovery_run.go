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

func newDiscoveryRun(s *Scanner, d Discovery) *discoveryRun {
	l := &discoveryRun{
		scanner: *s, stats: s.Stats, config: d, timeout: s.Timeout, began: time.Now(),
		fresh: make(chan *pendingHost, 64), all: make(chan struct{}), slots: make(chan struct{}, mostPending),
		pending: make(map[hostKey]*pendingHost), byAddr: make(map[netip.Addr]*pendingHost),
	}
	if l.timeout == 0 {
		l.timeout = DefaultTimeout
	}
	l.scanner.Attempts, l.scanner.Stats, l.scanner.Keep = 1, nil, nil
	l.scanner.sampling, l.scanner.listen = true, true
	if l.methods = s.methods; l.methods == nil {
		l.methods = systemDiscovery(s)
	}
	l.echo, l.neighbours = noEcho{}, l.methods.neighbours()
	return l
}

func (l *discoveryRun) ports() int { return len(l.config.TCP) + len(l.config.UDP) }

func (l *discoveryRun) unable(err error) {
	if err != nil && l.config.Unable != nil {
		l.config.Unable(err)
	}
}

// close ends what the run has opened.
func (l *discoveryRun) close() {
	l.echo.close()
	l.neighbours.close()
}

// scanResult is a step of the scan of the ports.
type scanResult struct {
	Result
	err error
}

// run yields the status of every address. It returns nil if the caller's loop has ended.
func (l *discoveryRun) run(ctx context.Context, addresses iter.Seq2[string, netip.Addr], yield func(HostStatus, error) bool) error {
	var stats Stats
	outer := ctx
	ctx, cancel := context.WithCancel(ctx)
	results := make(chan scanResult, resultRoom)
	if l.stats != nil {
		l.scanner.Stats = func(st Stats) { stats = st }
	}
	echoes := 2 / float64(2+l.ports()) // their share of the rate
	var err error
	l.echo, err = l.methods.echo(l.scanner.Rate * echoes)
	l.unable(err)
	if l.ports() > 0 {
		l.scanner.Rate -= l.scanner.Rate * echoes
	}
	go func() {
		defer close(results)
		l.ask(ctx, addresses, results)
	}()
	defer func() {
		cancel()
		for range results { // until the scan has ended
		}
		if l.stats != nil {
			stats.Attempts += l.echo.sent()
			l.stats(stats)
		}
	}()
	return l.watch(outer, results, &yielder{yield: yield})
}

// ask scans the ports of the addresses, and passes the addresses on as it takes
// them.
func (l *discoveryRun) ask(ctx context.Context, addresses iter.Seq2[string, netip.Addr], results chan<- scanResult) {
	send := func(r scanResult) {
		select {
		case results <- r:
		case <-ctx.Done():
		}
	}
	if l.ports() == 0 {
		for range l.targets(ctx, addresses) { // no targets, but it hands the hosts over
		}
		if ctx.Err() != nil {
			send(scanResult{err: ctx.Err()})
		}
		return
	}
	for r, err := range l.scanner.Scan(ctx, l.targets(ctx, addresses)) {
		if ctx.Err() == nil { // else watch has returned, and the scan is about to end
			send(scanResult{r, err})
		}
	}
}

// targets is every port of every address. The ports of one address follow each
// other, so that its status is soon known.
func (l *discoveryRun) targets(ctx context.Context, addresses iter.Seq2[string, netip.Addr]) iter.Seq[Target] {
	return func(yield func(Target) bool) {
		link := newLink() // echo requests leave before the ports are asked
		for host, addr := range addresses {
			link.enter(ctx, addr, l.began)
			h := &pendingHost{hostKey: hostKey{host, addr}}
			select {
			case l.slots <- struct{}{}:
			case <-ctx.Done():
				return
			}
			select {
			case l.fresh <- h:
			case <-ctx.Done():
				return
			}
			for _, port := range l.config.TCP {
				if !yield(Target{Proto: "tcp", Addr: netip.AddrPortFrom(addr, port), Host: host}) {
					return
				}
			}
			for _, port := range l.config.UDP {
				if !yield(Target{Proto: "udp", Addr: netip.AddrPortFrom(addr, port), Host: host}) {
					return
				}
			}
		}
		close(l.all)
	}
}

// yielder remembers that the caller's loop has ended.
type yielder struct {
	yield func(HostStatus, error) bool
	ended bool
}

// watch decides about the hosts by what comes in.
func (l *discoveryRun) watch(ctx context.Context, results <-chan scanResult, y *yielder) error {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	all := l.all // nil once all hosts have begun
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case h := <-l.fresh:
			l.begin(h)
		case <-all:
			all = nil
			l.beginAll()
		case r, ok := <-results:
			if !ok {
				results = nil
				break
			}
			if r.err != nil {
				return r.err
			}
			l.beginAll() // its host is known before its verdict
			l.verdict(y, r.Result)
		case r := <-l.echo.replies():
			l.replied(y, r)
		case <-tick.C:
			l.poll(ctx, y, results == nil)
		}
		if y.ended || all == nil && l.over(ctx, y) {
			return ctx.Err()
		}
	}
}

// over reports whether there is nothing left to wait for, once all hosts have begun.
func (l *discoveryRun) over(ctx context.Context, y *yielder) bool {
	now := time.Now()
	switch {
	case len(l.waiting) > 0:
		return false
	case l.config.AllAsked == nil:
		return len(l.overdue) == 0
	case !l.allKnown.IsZero():
		return len(l.byAddr) == 0 || now.Sub(l.allKnown) > l.timeout // nobody is down, or all had their time
	}
	l.allKnown = now
	l.giveUp(ctx, y, l.overdue, now)
	rest := time.Duration(0)
	for _, h := range l.overdue {
		if h.stage == stageDown {
			rest = max(rest, l.timeLeft(h, now))
		}
	}
	l.overdue = nil
	if !y.ended {
		l.config.AllAsked(rest)
	}
	return y.ended
}
