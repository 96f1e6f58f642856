package scanner

import (
	"context"
	"iter"
	"net/netip"
	"slices"
	"time"
)

// HostStatus is what discovery found out about one address.
type HostStatus struct {
	Host string // the name that the address was found by, or ""
	Addr netip.Addr

	// Alive is true if something answered for the address, by a refusal as
	// well as by a connection, or if this machine could not ask. It is false
	// only if nothing was answered, or if routers called it unreachable and nothing
	// else was answered.
	Alive    bool
	Evidence Result // the verdict that decided; its Reason tells by what an address is known to be alive
	Asked    int    // questions: ports, and 1 for echo requests
}

// Discovery says how [Scanner.Discover] asks an address. The zero value asks by
// echo requests and the neighbour table alone.
type Discovery struct {
	// TCP and UDP are the ports that each address is asked, those that most
	// likely answer first. A host without a firewall answers on any port. One
	// with a firewall most likely lets one of [DiscoveryPorts] pass, or what
	// one came to ask.
	TCP, UDP []uint16

	// Unable, if not nil, is told why this process cannot ask in some way, once
	// for each way: as where net.ipv4.ping_group_range allows no echo requests.
	Unable func(error)
}

// DiscoveryPorts are TCP ports that hosts behind a firewall most likely let pass:
// web servers, remote logins of Unix and Windows, Windows file sharing, mail.
func DiscoveryPorts() []uint16 {
	return []uint16{443, 80, 22, 3389, 445, 25}
}

// Discover finds out which addresses are alive. It asks ports, sends ICMP echo
// requests where this process may (Linux: ping sockets, see icmp(7)), and reads in
// the neighbour table who answered ARP or neighbor discovery on the link. It yields
// the status of every address once, as soon as it is known. The addresses come each
// with the name that it was found by, and are taken in the order given; a [Plan]
// with a single port has them in an order that spreads the load over networks. Each
// port gets one attempt, since the other questions make up for a lost one. The other
// settings of s hold, and Stats is called.
//
// As with [Scanner.Scan] the error is nil beside every HostStatus. It is set
// once, in a last pair, when discovery ended early.
func (s *Scanner) Discover(ctx context.Context, d Discovery, addresses iter.Seq2[string, netip.Addr]) iter.Seq2[HostStatus, error] {
	return func(yield func(HostStatus, error) bool) {
		l := newLookout(s, d)
		defer l.close()
		if err := l.run(ctx, addresses, yield); err != nil {
			yield(HostStatus{}, err)
		}
	}
}

// lookout is one run of [Scanner.Discover]. The scan of the ports and the echo
// requests have goroutines of their own; the hosts belong to the one that runs the
// iterator, but for the list of fresh ones.
type lookout struct {
	scanner    Scanner // for the ports
	stats      func(Stats)
	config     Discovery
	timeout    time.Duration // for an echo reply
	signs      *signs
	echo       echoer
	neighbours neighbourTable

	fresh   chan *pendingHost
	room    chan struct{} // a place for each host that waits
	pending map[hostKey]*pendingHost
	byAddr  map[netip.Addr]*pendingHost // without zone
	waiting []*pendingHost              // in the order in which they came
}

// hostKey tells hosts apart: one address may be found under several names.
type hostKey struct {
	host string
	addr netip.Addr
}

// pendingHost is an address without a status.
type pendingHost struct {
	hostKey
	verdicts int    // of its ports
	silent   bool   // one of them was silence
	best     Result // the verdict to give if nothing was answered
	due      time.Time
	request  int64 // number of its last echo request
	again    bool  // was sent a second one
	decided  bool
}

// mostPending bounds the addresses that wait for their status.
const mostPending = 1 << 13

func newLookout(s *Scanner, d Discovery) *lookout {
	l := &lookout{
		scanner: *s, stats: s.Stats, config: d, timeout: s.Timeout,
		fresh: make(chan *pendingHost, 64), room: make(chan struct{}, mostPending),
		pending: make(map[hostKey]*pendingHost), byAddr: make(map[netip.Addr]*pendingHost),
	}
	if l.timeout == 0 {
		l.timeout = DefaultTimeout
	}
	l.scanner.Attempts, l.scanner.Stats, l.scanner.Keep = 1, nil, nil
	if l.signs = s.signs; l.signs == nil {
		l.signs = systemSigns(s)
	}
	l.echo, l.neighbours = noEcho{}, l.signs.neighbours()
	return l
}

func (l *lookout) ports() int { return len(l.config.TCP) + len(l.config.UDP) }

func (l *lookout) unable(err error) {
	if err != nil && l.config.Unable != nil {
		l.config.Unable(err)
	}
}

// close ends what the lookout has opened.
func (l *lookout) close() {
	l.echo.close()
	l.neighbours.close()
}

// scanResult is a step of the scan of the ports.
type scanResult struct {
	Result
	err error
}

// run yields the status of every address. It returns nil if yield wants no more.
func (l *lookout) run(ctx context.Context, addresses iter.Seq2[string, netip.Addr], yield func(HostStatus, error) bool) error {
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
	return l.watch(outer, results, yield)
}

// relayed is how many verdicts of ports may wait.
const relayed = 256

// ask scans the ports of the addresses, and passes the addresses on as it takes
// them.
func (l *lookout) ask(ctx context.Context, addresses iter.Seq2[string, netip.Addr], results chan<- scanResult) {
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
func (l *lookout) targets(ctx context.Context, addresses iter.Seq2[string, netip.Addr]) iter.Seq[Target] {
	return func(yield func(Target) bool) {
		for host, addr := range addresses {
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
	}
}

// lookEvery is the time between two looks at the hosts that wait.
const lookEvery = 20 * time.Millisecond

// watch decides about the hosts by what comes in.
func (l *lookout) watch(ctx context.Context, results <-chan scanResult, yield func(HostStatus, error) bool) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	y := &yielder{yield: yield}
	for results != nil || len(l.waiting) > 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case h := <-l.fresh:
			l.begin(h)
		case r, ok := <-results:
			if !ok {
				results = nil
				l.beginAll()
				break
			}
			if r.err != nil {
				return r.err
			}
			l.beginAll() // its host is known before its verdict
			l.verdict(y, r.Result)
		case from := <-l.echo.replies():
			l.alive(y, from, ReasonEchoReply)
		case <-tick.C:
			l.look(ctx, y)
		}
		if y.left {
			return nil
		}
	}
	return ctx.Err()
}

// yielder remembers that the caller wants no more.
type yielder struct {
	yield func(HostStatus, error) bool
	left  bool
}

func (l *lookout) beginAll() {
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
func (l *lookout) begin(h *pendingHost) {
	h.due = time.Now().Add(l.timeout)
	l.pending[h.hostKey] = h
	l.byAddr[h.addr.WithZone("").Unmap()] = h
	l.waiting = append(l.waiting, h)
	h.request = l.echo.send(h.addr)
}

// verdict takes the verdict of a port.
func (l *lookout) verdict(y *yielder, r Result) {
	h := l.pending[hostKey{r.Host, r.Addr.Addr()}]
	if h == nil {
		return
	}
	h.verdicts++
	if !h.decided {
		if r.Reason.ShowsLife() {
			l.decide(y, h, true, r)
		} else if h.best.Reason == ReasonNone || r.Reason != ReasonNoResponse {
			h.best = r
		}
	}
	h.silent = h.silent || r.Reason == ReasonNoResponse
	switch {
	case h.verdicts < l.ports():
	case h.decided:
		delete(l.pending, h.hostKey)
	case !h.silent:
		l.hurry(h)
	}
}

// hurry waits little longer for an address that was called unreachable at every
// port: a firewall may do so that lets echo requests pass.
func (l *lookout) hurry(h *pendingHost) {
	const enough = 500 * time.Millisecond
	soon := time.Now()
	if l.echo.asks(h.addr) {
		soon = soon.Add(enough)
	}
	if h.again = true; soon.Before(h.due) {
		h.due = soon
	}
}

// ShowsLife reports whether a verdict for this reason shows that something answers
// for the address. Host and net unreachable are the answers of routers, or of this
// machine when nobody answers ARP or neighbor discovery: they say nothing of other
// questions. A prohibition is somebody's answer. What could not be asked is no reason
// to give an address up.
func (r Reason) ShowsLife() bool {
	return r != ReasonNoResponse && r != ReasonHostUnreach && r != ReasonNetUnreach
}

// alive takes another sign of life from an address.
func (l *lookout) alive(y *yielder, from netip.Addr, by Reason) {
	h := l.byAddr[from.WithZone("").Unmap()]
	if h == nil || h.decided {
		return
	}
	l.decide(y, h, true, Result{Target: Target{Addr: netip.AddrPortFrom(h.addr, 0), Host: h.host}, Reason: by, Attempts: 1, At: time.Now()})
}

// decide yields the status of a host.
func (l *lookout) decide(y *yielder, h *pendingHost, alive bool, evidence Result) {
	h.decided = true
	delete(l.byAddr, h.addr.WithZone("").Unmap())
	if h.verdicts >= l.ports() {
		delete(l.pending, h.hostKey)
	}
	<-l.room
	asked := l.ports()
	if l.echo.asks(h.addr) {
		asked++
	}
	if !y.left && !y.yield(HostStatus{Host: h.host, Addr: h.addr, Alive: alive, Evidence: evidence, Asked: asked}, nil) {
		y.left = true
	}
}

// look looks at the hosts that wait: sends the second echo requests, and decides
// about those that have been asked everything.
func (l *lookout) look(ctx context.Context, y *yielder) {
	now := time.Now()
	silent := l.silent(now)
	if silent == nil {
		return
	}
	on, err := l.neighbours.read(ctx, now)
	l.unable(err)
	for _, h := range silent {
		switch reason, found := on[h.addr.WithZone("").Unmap()]; {
		case y.left:
			return
		case found:
			l.alive(y, h.addr, reason)
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
func (l *lookout) silent(now time.Time) (silent []*pendingHost) {
	l.waiting = slices.DeleteFunc(l.waiting, func(h *pendingHost) bool {
		left := h.due.Sub(now)
		switch {
		case h.decided:
			return true
		case !l.echo.done(h.request):
			h.due = now.Add(l.timeout / 2) // it has just left at best
		case left <= l.timeout/2 && !h.again:
			h.again = true
			h.request = l.echo.send(h.addr)
		case left <= 0 && h.verdicts >= l.ports():
			silent = append(silent, h)
			return true
		}
		return false
	})
	return silent
}
