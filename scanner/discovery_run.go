package scanner

import (
	"context"
	"iter"
	"net/netip"
	"slices"
	"time"

	"porthole/scanner/internal/schedule"
)

// discoveryRun is one run of [Scanner.Discover]. The scan of the ports and the echo
// requests have goroutines of their own; the hosts belong to the one that runs the
// iterator, but for the list of fresh ones.
type discoveryRun struct {
	scanner    Scanner // for the ports
	stats      func(Stats)
	config     Discovery
	timeout    time.Duration // how long a question is listened to
	began      time.Time
	signs      *signs
	echo       echoer
	neighbours neighbourTable

	fresh   chan *pendingHost
	all     chan struct{} // closed when there are no more fresh ones
	room    chan struct{} // a place for each host that waits
	pending map[hostKey]*pendingHost
	byAddr  map[netip.Addr]*pendingHost // without zone; the first of those that have it
	waiting []*pendingHost              // in the order in which they came
	quiet   []*pendingHost              // in the order in which they became it

	firsts    schedule.FirstRTTs // of hosts, by ports or echo requests
	echoLoss  schedule.Loss
	listening time.Time // since when every address has a status
}

// hostKey tells hosts apart: one address may be found under several names.
type hostKey struct {
	host string
	addr netip.Addr
}

// hostStage is how far discovery is with an address.
type hostStage uint8

const (
	stageWaiting hostStage = iota // answers are expected
	stageQuiet                    // none is expected, but may come
	stageDown
	stageAlive
)

// pendingHost is an address that may still answer.
type pendingHost struct {
	hostKey
	stage       hostStage
	verdicts    int       // of its ports
	silent      bool      // one of them was silence
	unreachable bool      // all of them called it unreachable
	best        Result    // the verdict to give if nothing was answered
	asked       time.Time // at first
	lastAsked   time.Time // when the last of its ports was, at first
	echoed      time.Time // the last echo request
	request     int64     // the number of that
	requests    int       // how many there were
	twin        *pendingHost
}

const (
	mostPending = 1 << 13 // addresses that wait
	relayed     = 256     // verdicts of ports that wait

	lookEvery     = 20 * time.Millisecond // between two looks at the hosts that wait
	leastRequests = 2                     // echo requests to a silent address
	mostAgain     = 128                   // that are repeated at a time
)

func newDiscoveryRun(s *Scanner, d Discovery) *discoveryRun {
	l := &discoveryRun{
		scanner: *s, stats: s.Stats, config: d, timeout: s.Timeout, began: time.Now(),
		fresh: make(chan *pendingHost, 64), all: make(chan struct{}), room: make(chan struct{}, mostPending),
		pending: make(map[hostKey]*pendingHost), byAddr: make(map[netip.Addr]*pendingHost),
	}
	if l.timeout == 0 {
		l.timeout = DefaultTimeout
	}
	l.scanner.Attempts, l.scanner.Stats, l.scanner.Keep = 1, nil, nil
	l.scanner.sampling, l.scanner.listen = true, true
	if l.signs = s.signs; l.signs == nil {
		l.signs = systemSigns(s)
	}
	l.echo, l.neighbours = noEcho{}, l.signs.neighbours()
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

// run yields the status of every address. It returns nil if yield wants no more.
func (l *discoveryRun) run(ctx context.Context, addresses iter.Seq2[string, netip.Addr], yield func(HostStatus, error) bool) error {
	var stats Stats
	outer := ctx
	ctx, cancel := context.WithCancel(ctx)
	results := make(chan scanResult, relayed)
	if l.stats != nil {
		l.scanner.Stats = func(st Stats) { stats = st }
	}
	echoes := 2 / float64(2+l.ports()) // their part of the rate
	var err error
	l.echo, err = l.signs.echo(l.scanner.Rate * echoes)
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
		for range l.targets(ctx, addresses) { // there are none, but addresses
		}
		if ctx.Err() != nil {
			send(scanResult{err: ctx.Err()})
		}
		return
	}
	for r, err := range l.scanner.Scan(ctx, l.targets(ctx, addresses)) {
		if ctx.Err() == nil { // else watch knows, and the scan is about to end with its statistics
			send(scanResult{r, err})
		}
	}
}

// targets is every port of every address. The ports of one address follow each
// other, so that it is soon done with.
func (l *discoveryRun) targets(ctx context.Context, addresses iter.Seq2[string, netip.Addr]) iter.Seq[Target] {
	return func(yield func(Target) bool) {
		here := newLink() // echo requests leave before the ports are asked
		for host, addr := range addresses {
			here.enter(ctx, addr, l.began)
			h := &pendingHost{hostKey: hostKey{host, addr}}
			select {
			case l.room <- struct{}{}:
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

// yielder remembers that the caller wants no more.
type yielder struct {
	yield func(HostStatus, error) bool
	left  bool
}

// watch decides about the hosts by what comes in.
func (l *discoveryRun) watch(ctx context.Context, results <-chan scanResult, y *yielder) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	all := l.all // until they have all begun
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
			l.look(ctx, y, results == nil)
		}
		if y.left || all == nil && l.over(ctx, y) {
			return ctx.Err()
		}
	}
}

func (l *discoveryRun) beginAll() {
	for {
		select {
		case h := <-l.fresh:
			l.begin(h)
		default:
			return
		}
	}
}

// begin begins to wait for a host.
func (l *discoveryRun) begin(h *pendingHost) {
	h.asked = time.Now()
	l.pending[h.hostKey] = h
	a := h.addr.WithZone("").Unmap()
	h.twin, l.byAddr[a] = l.byAddr[a], h
	l.request(h, h.asked)
}

// request sends a host an echo request, if it may be sent any.
func (l *discoveryRun) request(h *pendingHost, now time.Time) {
	if h.requests == 0 {
		l.waiting = append(l.waiting, h)
	}
	h.requests++
	h.echoed = now
	h.request = l.echo.send(h.addr, h.requests)
}

// over reports whether there is nothing left to wait for, once all hosts have begun.
func (l *discoveryRun) over(ctx context.Context, y *yielder) bool {
	now := time.Now()
	switch {
	case len(l.waiting) > 0:
		return false
	case l.config.AllAsked == nil:
		return len(l.quiet) == 0
	case !l.listening.IsZero():
		return len(l.byAddr) == 0 || now.Sub(l.listening) > l.timeout // nobody is down, or all had their time
	}
	l.listening = now
	l.giveUp(ctx, y, l.quiet, now)
	rest := time.Duration(0)
	for _, h := range l.quiet {
		if h.stage == stageDown {
			rest = max(rest, l.rest(h, now))
		}
	}
	l.quiet = nil
	if !y.left {
		l.config.AllAsked(rest)
	}
	return y.left
}

// rest is how long the first questions to a host are still listened to.
func (l *discoveryRun) rest(h *pendingHost, now time.Time) time.Duration {
	if h.unreachable {
		return 0
	}
	asked := h.asked
	if h.lastAsked.After(asked) { // ports wait for their turn
		asked = h.lastAsked
	}
	return asked.Add(l.timeout).Sub(now)
}

// verdict takes the verdict of a port.
func (l *discoveryRun) verdict(y *yielder, r Result) {
	h := l.pending[hostKey{r.Host, r.Addr.Addr()}]
	if h == nil {
		return
	}
	if !r.late {
		h.verdicts++
		h.silent = h.silent || r.Reason == ReasonNoResponse
		if r.first.After(h.lastAsked) {
			h.lastAsked = r.first
		}
	}
	switch {
	case h.stage == stageAlive:
	case r.Reason.ShowsLife():
		if r.RTT > 0 && r.Proto == "tcp" {
			l.firsts.Note(r.At.Sub(l.began), r.RTT)
		}
		l.decide(y, h, true, r)
	case h.best.Reason == ReasonNone, r.Reason != ReasonNoResponse:
		h.best = r
	}
	if h.verdicts < l.ports() {
		return
	}
	if h.stage == stageAlive {
		delete(l.pending, h.hostKey)
	}
	h.unreachable = !h.silent
}

// replied takes an echo reply.
func (l *discoveryRun) replied(y *yielder, r echoReply) {
	now := time.Now()
	for h := l.byAddr[r.from.WithZone("").Unmap()]; h != nil; h = h.twin {
		if h.stage == stageAlive || r.nth < 1 || r.nth > h.requests {
			continue
		}
		l.echoLoss.Answered(r.nth)
		switch r.nth {
		case 1:
			l.firsts.Note(now.Sub(l.began), now.Sub(h.asked))
		case h.requests:
			l.firsts.Note(now.Sub(l.began), now.Sub(h.echoed))
		}
		l.alive(y, h, ReasonEchoReply)
	}
}

// alive takes a sign of life that is not an answer of a port.
func (l *discoveryRun) alive(y *yielder, h *pendingHost, by Reason) {
	l.decide(y, h, true, Result{Target: Target{Addr: netip.AddrPortFrom(h.addr, 0), Host: h.host}, Reason: by, Attempts: 1, At: time.Now()})
}

// decide yields the status of a host. One that is down is listened to for a while
// once every address has a status.
func (l *discoveryRun) decide(y *yielder, h *pendingHost, alive bool, evidence Result) {
	if h.stage == stageWaiting {
		<-l.room
	}
	h.stage = stageAlive
	if !alive {
		h.stage = stageDown
	}
	if alive || l.listening.IsZero() {
		l.forget(h)
	}
	asked := l.ports()
	if l.echo.asks(h.addr) {
		asked++
	}
	if !y.left && !y.yield(HostStatus{Host: h.host, Addr: h.addr, Alive: alive, Evidence: evidence, Asked: asked}, nil) {
		y.left = true
	}
}

// forget ends the listening to a host, but for verdicts of ports that are to come.
func (l *discoveryRun) forget(h *pendingHost) {
	if h.verdicts >= l.ports() {
		delete(l.pending, h.hostKey)
	}
	a := h.addr.WithZone("").Unmap()
	first := l.byAddr[a]
	switch {
	case first != h:
		for ; first != nil; first = first.twin {
			if first.twin == h {
				first.twin = h.twin
			}
		}
	case h.twin == nil:
		delete(l.byAddr, a)
	default:
		l.byAddr[a] = h.twin
	}
}

// look looks at the hosts that wait: repeats echo requests, and decides about those
// whose time is over. Scanned means that no verdict of a port is to come.
func (l *discoveryRun) look(ctx context.Context, y *yielder, scanned bool) {
	now := time.Now()
	silent := l.silent(now, scanned)
	l.quiet = append(l.quiet, silent...)
	var over []*pendingHost
	l.quiet = slices.DeleteFunc(l.quiet, func(h *pendingHost) bool {
		if h.stage == stageQuiet && l.rest(h, now) > 0 {
			return false
		}
		over = append(over, h)
		return true
	})
	l.giveUp(ctx, y, over, now)
}

// giveUp decides about hosts that have not answered: those that the neighbour table
// does not know either are down.
func (l *discoveryRun) giveUp(ctx context.Context, y *yielder, silent []*pendingHost, now time.Time) {
	if len(silent) == 0 {
		return
	}
	on, err := l.neighbours.read(ctx, now)
	l.unable(err)
	for _, h := range silent {
		switch reason, found := on[h.addr.WithZone("").Unmap()]; {
		case y.left:
			return
		case h.stage != stageQuiet: // it has answered
		case found:
			l.alive(y, h, reason)
		default:
			evidence := h.best
			if evidence.Reason == ReasonNone {
				evidence = Result{Target: Target{Addr: netip.AddrPortFrom(h.addr, 0), Host: h.host}, State: StateFiltered, Reason: ReasonNoResponse, At: now}
			}
			l.decide(y, h, false, evidence)
		}
	}
}

// silent takes the hosts that nothing can be expected of any more off those that
// wait.
func (l *discoveryRun) silent(now time.Time, scanned bool) (silent []*pendingHost) {
	wait, again := l.wait(now), mostAgain
	l.waiting = slices.DeleteFunc(l.waiting, func(h *pendingHost) bool {
		if h.stage != stageWaiting {
			return true
		}
		asks, wait := l.echo.asks(h.addr), wait
		if h.unreachable {
			wait = min(wait, enoughForEcho)
		}
		switch {
		case asks && !l.echo.done(h.request): // it has just left at best
			if h.echoed = now; h.requests == 1 {
				h.asked = now
			}
		case asks && now.Sub(h.echoed) < wait/2:
		case asks && h.requests < max(leastRequests, l.echoLoss.Samples()):
			if again--; again >= 0 {
				l.request(h, now)
			}
		case h.verdicts < l.ports() && !scanned:
		case h.unreachable && !asks, now.Sub(h.asked) >= wait:
			h.stage = stageQuiet
			<-l.room
			silent = append(silent, h)
			return true
		}
		return false
	})
	return silent
}

// enoughForEcho is how long an echo reply is waited for if every port was called
// unreachable: a firewall may do so that lets echo requests pass.
const enoughForEcho = 500 * time.Millisecond

// wait is how long an answer can be expected.
func (l *discoveryRun) wait(now time.Time) time.Duration {
	if l.timeout > DefaultTimeout {
		return l.timeout // somebody wants to be sure
	}
	return l.firsts.Timeout(now.Sub(l.began), l.timeout)
}
