package verify

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"syscall"
	"time"
)

// The limits on connections to one port.
const (
	mostConnections = 6 // where the number does not tell what is there
	mostExtraGets   = 2 // for the product behind an HTTP server
)

// port is one port while it is asked.
type port struct {
	v       *Verifier
	t       Target
	timeout time.Duration
	rtt     time.Duration
	lag     time.Duration // by how much this process was late: the machine is busy
	began   time.Time
	common
	rest func() // lets other ports of the host be asked meanwhile

	likely      []*protocol // by the process and the number
	likelyInTLS bool

	s      Service // what is known so far
	opened int     // connections so far

	cur    net.Conn // the open connection, plain or TLS; nil for none
	under  *link    // the plain connection below cur
	used   bool     // something was sent or heard on cur
	spoken bool     // something was sent on cur
	secure bool     // TLS was proved: connections are made inside it
	noALPN bool     // the server refuses the application protocols we offer

	tried     map[*protocol]bool
	missed    map[*protocol]bool // was asked, and nothing came in time
	quiet     bool               // a connection was listened to in vain for as long as a greeting takes
	silences  int                // requests and waits for a greeting that met no answer
	reaction  reaction           // how the port took what it did not understand
	helloTook time.Duration      // until it reacted to the ClientHello, or the wait was over
	greeting  []byte             // what the port said unasked, on the current connection
	hints     []*protocol        // to be tried first, by what the server answered
	maybe     *Service           // proved, but there may be more to know
	answered  bool               // something came that was not understood
	anyOpen   bool               // some connection was not closed at once
	closed    int                // connections that were closed without a byte, unasked
	refused   bool               // a connection was refused after one had been opened
	greets    bool               // it began to greet and has not ended
	mail      bool               // what it said tells of a mail server
}

func newPort(v *Verifier, t Target, c common) *port {
	p := &port{v: v, t: t, timeout: v.Timeout, rtt: t.RTT, began: time.Now(), common: c,
		tried: make(map[*protocol]bool), missed: make(map[*protocol]bool)}
	if p.timeout <= 0 {
		p.timeout = DefaultTimeout
	}
	p.s.Target = t.bare()
	p.likely, p.likelyInTLS = c.likelyFor(t)
	return p
}

// result completes what was found out.
func (p *port) result() *Service {
	if p.s.Outcome != OutcomeIdentified && p.maybe != nil {
		tlsSeen := p.s.TLS
		first := p.s.Evidence.FirstBytes
		p.s = *p.maybe
		if p.s.TLS == nil {
			p.s.TLS = tlsSeen
		}
		if len(p.s.Evidence.FirstBytes) == 0 {
			p.s.Evidence.FirstBytes = first
		}
	}
	p.s.Target = p.t.bare()
	p.s.Connections = p.opened
	p.s.Spent = time.Since(p.began)
	return &p.s
}

// leastAnswerWait is the least time that an answer is waited for while nothing is known of
// how fast other ports answer.
const leastAnswerWait = 400 * time.Millisecond

// expectedAnswer is the same where an answer is likely and no other port has to wait.
const expectedAnswer = 1200 * time.Millisecond

// wait is how long an answer to a request may take.
func (p *port) wait() time.Duration {
	wait := clamp(8*p.rtt, leastAnswerWait, 2*time.Second)
	wait = max(wait, min(8*(p.rtt+p.lag), expectedAnswer)) // more would leave no time for what comes late
	if most, ok := p.usualMost(); ok {
		return min(wait, max(most+max(most/2, p.rtt), paceLeast))
	}
	return wait
}

// greetingWait is how long a port that need not greet is listened to.
func (p *port) greetingWait() time.Duration {
	return min(p.wait(), clamp(4*(p.rtt+p.lag), 250*time.Millisecond, 600*time.Millisecond))
}

// usualMost is how long the answers of the other ports take at most, where there
// are many to ask.
func (p *port) usualMost() (time.Duration, bool) {
	if !p.v.LateMailOnly {
		return 0, false
	}
	return p.pace.most()
}

func clamp(d, least, most time.Duration) time.Duration { return max(least, min(d, most)) }

// connect makes a fresh connection the current one, inside TLS where that is
// what the port speaks. It fails when the limit is reached or the port refuses.
func (p *port) connect(ctx context.Context) bool {
	p.hangUp()
	if ctx.Err() != nil || p.opened >= mostConnections {
		return false
	}
	conn, err := p.dial(ctx)
	if err != nil {
		if p.opened == 0 {
			p.s.Outcome, p.s.Err = OutcomeUnreachable, err
		}
		p.refused = true
		return false
	}
	p.opened++
	p.under = newLink(ctx, conn)
	p.cur, p.used, p.spoken, p.greeting = p.under, false, false, nil
	if p.secure {
		_, ok := p.handshake(ctx)
		if !ok {
			p.hangUp()
		}
		return ok
	}
	return true
}

// nonce is a new one for the next connection.
func (p *port) nonce() nonce {
	if p.v.fixed != nil {
		return *p.v.fixed
	}
	return newNonce()
}

// dial opens a connection, or takes the one that the target brought.
func (p *port) dial(ctx context.Context) (net.Conn, error) {
	if conn := p.t.Conn; conn != nil {
		p.t.Conn = nil
		return conn, nil
	}
	dial := p.v.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	began := time.Now()
	conn, err := dial(ctx, p.t.Proto, p.t.Addr.String())
	for ; isLocal(err) && ctx.Err() == nil; conn, err = dial(ctx, p.t.Proto, p.t.Addr.String()) {
		time.Sleep(20 * time.Millisecond) // until others have given theirs back
		began = time.Now()
	}
	if took := time.Since(began); err == nil && p.t.Proto == "tcp" && (p.rtt == 0 || took < p.rtt) {
		p.rtt = took
	}
	return conn, err
}

// isLocal reports an error that is about this machine: no descriptors, no
// memory or no ports of its own.
func isLocal(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOBUFS) || errors.Is(err, syscall.EADDRNOTAVAIL)
}

func (p *port) hangUp() {
	if p.under != nil {
		p.under.Close()
	}
	p.cur, p.under = nil, nil
}

// exchange asks the current connection and notes what came.
func (p *port) exchange(request []byte, wait waitFunc, judge func(reply) verdict) reply {
	most := mostBytes
	if len(request) == 0 {
		most = mostGreeting
	}
	began := time.Now()
	r := exchange(p.cur, request, wait, most, judge)
	if r.end == quiet && len(r.data) == 0 {
		took := time.Since(began)
		p.lag = max(p.lag/2, took-wait()) // a machine that was busy may not be any more
		p.silences++
		p.quiet = p.quiet || took >= p.greetingWait()
	}
	if !r.first.IsZero() {
		p.pace.note(began, p.arrival(r).Sub(began))
	}
	p.used = p.used || len(request) > 0
	p.spoken = p.spoken || len(request) > 0
	if len(request) == 0 {
		p.greeting = r.data
	}
	p.note(r)
	p.used = true
	return r
}

// arrival is when the first of an answer came, as far as the kernel can tell: this
// process may have been too busy to read it then.
func (p *port) arrival(r reply) time.Time {
	if p.under == nil {
		return r.first
	}
	return earlier(r.first, time.Now().Add(-sinceData(p.under.Conn)))
}

// note keeps the first bytes that ever came, for want of better evidence.
func (p *port) note(r reply) {
	if len(r.data) > 0 {
		p.answered = true
		if p.s.Evidence.FirstBytes == nil {
			p.s.Evidence.FirstBytes = bytes.Clone(r.data[:min(len(r.data), firstBytes)])
		}
	}
	if !r.gone() {
		p.anyOpen = true
	}
	if r.gone() {
		if len(r.data) == 0 && !p.used {
			p.closed++
		}
		p.noteAlert()
		p.hangUp()
	}
}

// noteAlert keeps what a TLS server ended the connection with.
func (p *port) noteAlert() {
	session, ok := p.cur.(*tls.Conn)
	if !ok || p.s.TLS == nil {
		return
	}
	session.SetReadDeadline(time.Now().Add(time.Millisecond))
	_, err := session.Read(make([]byte, 1)) // gives the error again that ended it
	if alert, ok := alertOf(err); ok {
		p.s.TLS.Alert = alert
	}
}

// alertOf is the alert of the other end behind an error of crypto/tls, in its
// words.
func alertOf(err error) (string, bool) {
	op, ok := errors.AsType[*net.OpError](err)
	if !ok || op.Op != "remote error" {
		return "", false
	}
	return strings.TrimPrefix(op.Err.Error(), "tls: "), true
}

// recognise asks the parsers of the protocol that was asked and of those that
// are known by their own words.
func (p *port) recognise(h heard, asked *protocol) (found *protocol, s Service, best verdict) {
	if asked != nil {
		if best = asked.parse(h, &s); best == yes {
			return asked, s, yes
		}
	}
	for _, proto := range p.unasked {
		var s Service
		switch proto.parse(h, &s) {
		case yes:
			return proto, s, yes
		case partial:
			best = partial
		}
	}
	return nil, Service{}, best
}

// identified takes over what a parser read, asks what follows on the same
// connection, and ends the verification of the port. It fails where the protocol is not
// confirmed.
func (p *port) identified(ctx context.Context, proto *protocol, s Service, request string, h heard) bool {
	t := &talk{ctx: ctx, p: p, nonce: h.nonce, got: h.data}
	if proto.confirm != nil && !proto.confirm(t, &s) {
		p.hangUp()
		return false
	}
	s.Outcome, s.Protocol = OutcomeIdentified, cmp.Or(s.Protocol, proto.name)
	s.Evidence.Request = request
	s.Evidence.FirstBytes = bytes.Clone(h.data[:min(len(h.data), firstBytes)])
	if s.TLS == nil {
		s.TLS = p.s.TLS
	}
	if p.secure {
		s.Transport = TransportTLS
	}
	if proto.follow != nil {
		proto.follow(t, &s)
	}
	p.s = s
	p.hangUp()
	return true
}

// noteHints notes which protocols would answer like this to a request that is not
// theirs.
func (p *port) noteHints(in []byte) {
	if p.greeting == nil {
		p.greeting = in // it may have come late
	}
	for _, proto := range p.table {
		if proto.complaint != nil && proto.complaint(in) && (!p.tried[proto] || p.missed[proto]) {
			delete(p.tried, proto)
			delete(p.missed, proto)
			p.hints = append(p.hints, proto)
			p.mail = p.mail || proto.name == "smtp" && proto.serverFirst()
		}
	}
}

// talk is a connection on which a protocol was proved.
type talk struct {
	ctx   context.Context
	p     *port
	nonce nonce
	got   []byte // what proved it

	page   *page  // of HTTP/2, in place of got
	host   string // for the Host field, where the target's own was refused
	asked2 bool   // an HTTP/2 request was sent on the current connection
}

// ask sends a request and returns what came until done, or until time is up.
// It returns nothing once the connection is gone.
func (t *talk) ask(request []byte, done func([]byte) bool) []byte {
	return t.askWithin(t.p.wait, request, done)
}

// askWithin is ask with another wait.
func (t *talk) askWithin(wait waitFunc, request []byte, done func([]byte) bool) []byte {
	if t.p.cur == nil {
		return nil
	}
	r := t.p.exchange(request, wait, func(r reply) verdict {
		if done(r.data) {
			return yes
		}
		return partial
	})
	return r.data
}

// say sends last words and waits for nothing.
func (t *talk) say(request []byte) {
	if t.p.cur != nil {
		t.p.cur.SetWriteDeadline(time.Now().Add(t.p.wait()))
		_, _ = t.p.cur.Write(request)
	}
}

// startTLS makes a handshake on a connection whose server consented to one, if
// the verifier is to.
func (t *talk) startTLS(s *Service, request []byte, consents func([]byte) bool) {
	s.StartTLS = true
	if !t.p.v.StartTLS || t.p.secure || t.p.cur == nil {
		return
	}
	if in := t.ask(request, consents); !consents(in) || t.p.cur == nil {
		return
	}
	if seen, ok := t.p.upgrade(t.p.s.Target.Host); ok {
		s.TLS, s.Transport = seen, TransportStartTLS
	}
}
