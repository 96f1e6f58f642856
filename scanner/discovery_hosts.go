package scanner

import (
	"context"
	"net/netip"
	"slices"
	"time"
)

// hostKey tells hosts apart: one address may be found under several names.
type hostKey struct {
	host string
	addr netip.Addr
}

// hostStage is how far discovery is with an address.
type hostStage uint8

const (
	stageWaiting hostStage = iota // an answer is expected
	stageOverdue                  // none is expected any more, but one may come
	stageDown
	stageAlive
)

// pendingHost is an address that may still answer.
type pendingHost struct {
	hostKey
	stage       hostStage
	verdicts    int       // how many of its ports have one
	silent      bool      // a port was silent
	unreachable bool      // all ports have verdicts, and all call it unreachable
	best        Result    // the evidence if it is down
	asked       time.Time // when it was first asked
	lastAsked   time.Time // when the last of its ports was first asked
	echoed      time.Time // when the last echo request was sent
	request     int64     // the number of the last echo request
	requests    int       // echo requests so far
	next        *pendingHost
}

func (d *discoveryRun) beginAll() {
	for {
		select {
		case h := <-d.fresh:
			d.begin(h)
		default:
			return
		}
	}
}

// begin starts waiting for a host.
func (d *discoveryRun) begin(h *pendingHost) {
	h.asked = time.Now()
	d.pending[h.hostKey] = h
	a := h.addr.WithZone("").Unmap()
	h.next, d.byAddr[a] = d.byAddr[a], h
	d.request(h, h.asked)
}

// request sends a host an echo request, if there is a way to.
func (d *discoveryRun) request(h *pendingHost, now time.Time) {
	if h.requests == 0 {
		d.waiting = append(d.waiting, h)
	}
	h.requests++
	h.echoed = now
	h.request = d.echo.send(h.addr, h.requests)
}

// timeLeft is how long answers to the first probes of a host are still listened for.
func (d *discoveryRun) timeLeft(h *pendingHost, now time.Time) time.Duration {
	if h.unreachable {
		return 0
	}
	asked := h.asked
	if h.lastAsked.After(asked) { // its ports had to wait for their turn
		asked = h.lastAsked
	}
	return asked.Add(d.timeout).Sub(now)
}

// verdict takes the verdict of a port.
func (d *discoveryRun) verdict(y *yielder, r Result) {
	h := d.pending[hostKey{r.Host, r.Addr.Addr()}]
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
			d.firsts.Note(r.At.Sub(d.began), r.RTT)
		}
		d.decide(y, h, true, r)
	case h.best.Reason == ReasonNone, r.Reason != ReasonNoResponse:
		h.best = r
	}
	if h.verdicts < d.ports() {
		return
	}
	if h.stage == stageAlive {
		delete(d.pending, h.hostKey)
	}
	h.unreachable = !h.silent
}

// replied takes an echo reply.
func (d *discoveryRun) replied(y *yielder, r echoReply) {
	now := time.Now()
	for h := d.byAddr[r.from.WithZone("").Unmap()]; h != nil; h = h.next {
		if h.stage == stageAlive || r.nth < 1 || r.nth > h.requests || !onOneLink(h.addr, r.from) {
			continue
		}
		d.echoLoss.Answered(r.nth)
		switch r.nth {
		case 1:
			d.firsts.Note(now.Sub(d.began), now.Sub(h.asked))
		case h.requests:
			d.firsts.Note(now.Sub(d.began), now.Sub(h.echoed))
		}
		d.alive(y, h, ReasonEchoReply)
	}
}

// alive notes that a host is alive by something other than a port.
func (d *discoveryRun) alive(y *yielder, h *pendingHost, by Reason) {
	d.decide(y, h, true, Result{Target: Target{Addr: netip.AddrPortFrom(h.addr, 0), Host: h.host}, Reason: by, Attempts: 1, At: time.Now()})
}

// decide yields the status of a host. It forgets the host, unless late answers from
// hosts that are down are still wanted.
func (d *discoveryRun) decide(y *yielder, h *pendingHost, alive bool, evidence Result) {
	if h.stage == stageWaiting {
		<-d.slots
	}
	h.stage = stageAlive
	if !alive {
		h.stage = stageDown
	}
	if alive || d.allKnown.IsZero() {
		d.forget(h)
	}
	asked := d.ports()
	if d.echo.asks(h.addr) {
		asked++
	}
	if !y.ended && !y.yield(HostStatus{Host: h.host, Addr: h.addr, Alive: alive, Evidence: evidence, Asked: asked}, nil) {
		y.ended = true
	}
}

// forget stops listening to a host. Verdicts of its ports that are still to come are
// waited for.
func (d *discoveryRun) forget(h *pendingHost) {
	if h.verdicts >= d.ports() {
		delete(d.pending, h.hostKey)
	}
	a := h.addr.WithZone("").Unmap()
	first := d.byAddr[a]
	switch {
	case first != h:
		for ; first != nil; first = first.next {
			if first.next == h {
				first.next = h.next
			}
		}
	case h.next == nil:
		delete(d.byAddr, a)
	default:
		d.byAddr[a] = h.next
	}
}

// poll checks the hosts that wait: it repeats echo requests, and decides about hosts
// whose time is over. Scanned means that no verdict of a port is to come.
func (d *discoveryRun) poll(ctx context.Context, y *yielder, scanned bool) {
	now := time.Now()
	d.overdue = append(d.overdue, d.takeOverdue(now, scanned)...)
	var over []*pendingHost
	d.overdue = slices.DeleteFunc(d.overdue, func(h *pendingHost) bool {
		if h.stage == stageOverdue && d.timeLeft(h, now) > 0 {
			return false
		}
		over = append(over, h)
		return true
	})
	d.giveUp(ctx, y, over, now)
}

// giveUp decides about hosts that have not answered: those that are not in the
// neighbour table either are down.
func (d *discoveryRun) giveUp(ctx context.Context, y *yielder, silent []*pendingHost, now time.Time) {
	for _, h := range silent {
		if y.ended {
			return
		}
		if h.stage != stageOverdue {
			continue // it has answered
		}
		reason, err := d.neighbours.answered(ctx, h.addr, now)
		d.unable(err)
		if reason != ReasonNone {
			d.alive(y, h, reason)
			continue
		}
		evidence := h.best
		if evidence.Reason == ReasonNone {
			evidence = Result{Target: Target{Addr: netip.AddrPortFrom(h.addr, 0), Host: h.host}, State: StateFiltered, Reason: ReasonNoResponse, At: now}
		}
		d.decide(y, h, false, evidence)
	}
}

// takeOverdue removes the hosts from waiting whose answers are no longer expected, and
// returns them.
func (d *discoveryRun) takeOverdue(now time.Time, scanned bool) (overdue []*pendingHost) {
	wait, repeats := d.wait(now), mostRepeats
	d.waiting = slices.DeleteFunc(d.waiting, func(h *pendingHost) bool {
		if h.stage != stageWaiting {
			return true
		}
		asks, wait := d.echo.asks(h.addr), wait
		if h.unreachable {
			wait = min(wait, echoTimeout)
		}
		switch {
		case asks && !d.echo.done(h.request): // its time begins when it has left
			if h.echoed = now; h.requests == 1 {
				h.asked = now
			}
		case asks && now.Sub(h.echoed) < wait/2:
		case asks && h.requests < max(leastRequests, d.echoLoss.Samples()):
			if repeats--; repeats >= 0 {
				d.request(h, now)
			}
		case h.verdicts < d.ports() && !scanned:
		case h.unreachable && !asks, now.Sub(h.asked) >= wait:
			h.stage = stageOverdue
			<-d.slots
			overdue = append(overdue, h)
			return true
		}
		return false
	})
	return overdue
}

// echoTimeout is how long an echo reply is waited for if every port was called
// unreachable, which a firewall may do that lets echo requests pass.
const echoTimeout = 500 * time.Millisecond

// wait is how long an answer is expected after the first probe of a host.
func (d *discoveryRun) wait(now time.Time) time.Duration {
	if d.timeout > DefaultTimeout {
		return d.timeout // the caller asked for a long wait
	}
	return d.firsts.Timeout(now.Sub(d.began), d.timeout)
}
