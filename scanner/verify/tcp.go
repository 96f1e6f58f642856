package verify

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"slices"
	"time"
)

// askTCP finds out what answers on a TCP port. It asks first for what the number or the
// process tells. Without that it listens, offers TLS on the same connection, asks for a
// web page, and then for the protocols that answer only their own request.
func (p *port) askTCP(ctx context.Context) {
	defer p.hangUp()
	if why := p.onlyListen(); why != "" {
		p.listenOnly(ctx, why)
		return
	}
	switch {
	case p.askKnown(ctx), p.s.Outcome == OutcomeUnreachable:
	case p.countsAborts() || p.mayGreetLater() || p.greets || !p.askUnknown(ctx):
		p.conclude(ctx)
	}
	if p.v.OldTLS && p.s.TLS != nil && p.s.Transport == TransportTLS {
		p.askOldTLS(ctx)
	}
}

// countsAborts reports that a port for MySQL closed without a word. MySQL counts
// connections that end like this, and blocks the client after some.
func (p *port) countsAborts() bool {
	return p.closed > 0 && p.triedAs("mysql")
}

// mayGreetLater reports that a port for mail or MySQL may still greet: such a server
// looks up the client's name first. Nothing may be sent to it until then.
func (p *port) mayGreetLater() bool {
	return p.lateGreeting() < 0 && (p.triedAs("smtp") || p.triedAs("mysql")) && !p.answered
}

// triedAs reports that the port was asked for a protocol.
func (p *port) triedAs(name string) bool {
	return slices.ContainsFunc(p.table, func(proto *protocol) bool { return proto.name == name && p.tried[proto] })
}

// conclude sets the outcome when no protocol was proved.
func (p *port) conclude(ctx context.Context) {
	switch {
	case p.secure:
		p.askAnonymous(ctx)
		p.s.Outcome, p.s.Protocol, p.s.Transport = OutcomeIdentified, "tls", TransportTLS
		p.s.Evidence.Request = "ClientHello"
	case p.maybe != nil: // result takes it
	case ctx.Err() != nil: // the port did not close, the time was over
	case !p.answered && !p.anyOpen && p.opened > 0:
		p.s.Outcome = OutcomeCloses
	}
}

// listenOnly reads what a port says that nothing may be sent to.
func (p *port) listenOnly(ctx context.Context, why string) {
	if !p.connect(ctx) {
		return
	}
	if p.ask(ctx, nil, nil, "greeting", func() time.Duration { return p.greetingWait() + p.wait() }) {
		return
	}
	if !p.answered {
		p.s.Outcome, p.s.Reason = OutcomeNotAsked, why
	}
}

// askKnown asks what the process or the number tells.
func (p *port) askKnown(ctx context.Context) bool {
	known, inTLS := p.known()
	if inTLS {
		if !p.connect(ctx) {
			return false
		}
		if p.askHello(ctx) || p.secure {
			return p.insideTLS(ctx, known)
		}
	}
	for _, proto := range known[:min(len(known), 2)] {
		if p.attempt(ctx, proto) || p.askHinted(ctx) {
			return true
		}
		if proto.name == "smtp" && p.closed == 1 && p.attempt(ctx, proto) { // a mail server that closed is asked again, not sent something else
			return true
		}
		if p.secure || p.s.Outcome == OutcomeUnreachable {
			break
		}
		if proto.serverFirst() {
			break // listening is done: askUnknown goes on from here
		}
	}
	return false
}

// known lists the protocols to ask first, those of the process before those of
// the number, and whether they are usual inside TLS here. The caller must not change it.
func (p *port) known() (list []*protocol, inTLS bool) { return p.likely, p.likelyInTLS }

// likelyFor finds what known returns, once for each port.
func (c *common) likelyFor(t Target) (list []*protocol, inTLS bool) {
	number := t.Addr.Port()
	add := func(proto *protocol) {
		if !slices.Contains(list, proto) {
			list = append(list, proto)
		}
	}
	for _, proto := range c.table {
		if len(proto.udp) == 0 && t.Expect != "" && (proto.name == t.Expect || slices.Contains(proto.names, t.Expect)) {
			add(proto)
			inTLS = inTLS || slices.Contains(proto.tls, number)
		}
	}
	for _, proto := range c.table {
		switch {
		case slices.Contains(proto.tls, number):
			inTLS = true
			add(proto)
		case slices.Contains(proto.tcp, number):
			add(proto)
		}
	}
	return list, inTLS
}

// attempt asks for one protocol, on the current connection if that is fresh.
func (p *port) attempt(ctx context.Context, proto *protocol) bool {
	p.tried[proto] = true
	if (p.cur == nil || p.used) && !p.connect(ctx) {
		return false
	}
	return p.attemptHere(ctx, proto)
}

// attemptHere asks for one protocol on the current connection.
func (p *port) attemptHere(ctx context.Context, proto *protocol) bool {
	p.tried[proto] = true
	if proto.serverFirst() {
		return p.ask(ctx, proto, nil, "greeting", func() time.Duration { return p.knownGreetingWait(proto) })
	}
	if proto.name == "http" && p.speaksHTTP2() {
		return p.askHTTP2(ctx, proto)
	}
	q, least := p.question(proto), time.Duration(0)
	switch {
	case p.lateGreeting() < 0:
	case proto.name == "http" && (q.known || p.reaction.hello == says || p.secure):
		least = slowPage
	case q.known || p.dislikes(): // a port that closes on the wrong request is worth the wait for a right one
		least = expectedAnswer
	}
	wait := func() time.Duration { return max(p.wait(), least) }
	return p.ask(ctx, proto, &q, proto.name+" request", wait)
}

// silentSoFar reports that there are many ports to ask, and that this one has been
// silent although its number tells a protocol.
func (p *port) silentSoFar() bool {
	known, _ := p.known()
	return p.v.LateMailOnly && len(known) > 0 && !p.answered && p.silences > 0
}

// staysSilent reports that such a port was silent to two requests, one of them a GET.
// Then no other protocol is asked for. It is not TLS: such a server ends the connection
// when it gets a GET, or complains.
func (p *port) staysSilent() bool {
	return p.silentSoFar() && p.silences > 1 && p.reaction.get == waits
}

// askOther asks a port that was silent so far for a web page or, if it was silent to
// that, for TLS. It reports whether that told what is there.
func (p *port) askOther(ctx context.Context) bool {
	if (p.cur == nil || p.spoken) && !p.connect(ctx) {
		return false
	}
	if p.reaction.get == unknown {
		return p.attemptHere(ctx, p.http()) || p.askHinted(ctx)
	}
	return p.askHello(ctx) && p.insideTLS(ctx, nil)
}

// question returns what the request of proto is made from.
func (p *port) question(proto *protocol) question {
	number := p.t.Addr.Port()
	return question{
		nonce:  p.nonce(),
		host:   p.t.Host,
		port:   number,
		secure: p.secure,
		known:  slices.Contains(proto.tcp, number) || slices.Contains(proto.tls, number),
	}
}

// ask sends the request of q, or listens if proto has none, and reports
// whether that told what is there.
func (p *port) ask(ctx context.Context, proto *protocol, request *question, name string, wait waitFunc) bool {
	var sent []byte
	var h heard
	if request != nil {
		sent, h.nonce = proto.request(*request), request.nonce
	}
	var found *protocol
	var s Service
	judge := func(r reply) verdict {
		h.data, h.closed = r.data, r.gone()
		if len(sent) > 0 && bytes.HasPrefix(sent, r.data) && !(proto != nil && proto.mirrored) {
			return partial // an echo, so far
		}
		var v verdict
		found, s, v = p.recognise(h, proto)
		if found != nil && found.whole != nil && !found.whole(r.data) {
			return partial
		}
		return v
	}
	r := p.put(proto, request, sent, wait, judge)
	if request == nil && r.end == quiet && begunReply(r.data) {
		r = p.hearOut(r, judge)
	}
	switch {
	case len(r.data) == 0:
		if proto != nil && r.end == quiet {
			p.missed[proto] = true
		}
		return false
	case proto != nil && proto.mirrored:
	case echoed(r.data, sent):
		return p.mirrors(ctx, name)
	case len(sent) >= 8 && bytes.Contains(r.data, sent) && !bytes.HasPrefix(r.data, []byte("HTTP/")):
		return false // a server that repeats the request proves nothing
	}
	judge(r)
	if found == nil {
		p.noteHints(r.data)
		return false
	}
	if found.name == "tls" { // a TLS server, which complains about plain text
		p.secure = true
		p.hangUp()
		return false
	}
	if p.identified(ctx, found, s, name, h) {
		return true
	}
	p.noteHints(r.data) // it may be what another would say
	return false
}

// mirrors confirms an echo by words that nobody answers by chance, in upper and lower
// case: a server that returns a short request may still change a longer one.
func (p *port) mirrors(ctx context.Context, name string) bool {
	if p.cur == nil && !p.connect(ctx) {
		return false
	}
	words := "Echo " + p.nonce().word() + "\r\n"
	r := p.exchange([]byte(words), p.wait, func(r reply) verdict { return framed(r.data, len(words)) })
	if string(r.data) != words {
		return false
	}
	p.s.Outcome, p.s.Protocol, p.s.Evidence.Request = OutcomeIdentified, "echo", name
	if p.secure {
		p.s.Transport = TransportTLS
	}
	return true
}

// put sends a request, in pieces where that tells more, and notes how the port reacted.
func (p *port) put(proto *protocol, q *question, sent []byte, wait waitFunc, judge func(reply) verdict) reply {
	switch {
	case proto == nil:
	case proto.halfClose && !p.secure:
		p.under.last = true
		r := p.exchange(sent, wait, judge)
		p.hangUp() // the request has ended the connection for sending
		return r
	case proto.name == "http" && p.dislikes():
		return p.putInPieces(sent, pieces(), &p.reaction.get, &p.reaction.cut, wait, judge)
	case proto.name == "http":
		began := time.Now()
		r := p.exchange(sent, wait, judge)
		p.reaction.get = p.behaviorOf(r, time.Since(began))
		return r
	case proto.name == "postgresql" && !q.known && p.dislikes():
		return p.putInPieces(sent, []int{4}, &p.reaction.ssl, &p.reaction.sslCut, wait, judge)
	}
	return p.exchange(sent, wait, judge)
}

// askUnknown asks a port whose number tells nothing, or told wrong.
func (p *port) askUnknown(ctx context.Context) bool {
	if p.silentSoFar() && !p.staysSilent() && p.askOther(ctx) {
		return true
	}
	if p.secure {
		return p.insideTLS(ctx, nil)
	}
	if p.staysSilent() {
		return false
	}
	if p.cur == nil || p.spoken || p.greeting != nil {
		if !p.connect(ctx) {
			return p.late(ctx)
		}
		if !p.quiet && p.ask(ctx, nil, nil, "greeting", p.greetingWait) {
			return true
		}
		if p.greets {
			return false
		}
	}
	if p.cur != nil && !p.answered && p.reaction.hello != waits && p.askHello(ctx) || p.secure {
		return p.insideTLS(ctx, nil)
	}
	if p.s.Outcome == OutcomeIdentified || p.askHinted(ctx) {
		return true
	}
	if p.closed > 0 {
		if !p.stays(ctx) {
			return false
		}
		if p.cur != nil && p.askHello(ctx) || p.secure {
			return p.insideTLS(ctx, nil)
		}
	}
	for proto := p.nextSilent(); proto != nil && !p.staysSilent(); proto = p.nextSilent() {
		if p.attempt(ctx, proto) || p.askHinted(ctx) {
			return true
		}
		if p.secure {
			return p.insideTLS(ctx, nil)
		}
	}
	return p.late(ctx)
}

// askHello offers TLS on the current connection. It reports whether a session
// was made. What the server answers instead may tell what it is.
func (p *port) askHello(ctx context.Context) bool {
	r, ok := p.handshake(ctx)
	if ok || p.secure || len(r.data) == 0 || p.under != nil && echoed(r.data, p.under.out) {
		return ok
	}
	h := heard{data: r.data, closed: r.gone()}
	found, s, _ := p.recognise(h, nil)
	switch {
	case found == nil:
		p.noteHints(r.data)
	case found.name == "tls":
		p.secure, p.s.TLS = true, &TLS{}
	case found.follow == nil && found.confirm == nil:
		p.identified(ctx, found, s, "ClientHello", h)
	default: // there is more to ask, but on a connection without a ClientHello
		p.hints = append(p.hints, found)
		if found.confirm == nil {
			s.Outcome, s.Protocol, s.Evidence.Request = OutcomeIdentified, cmp.Or(s.Protocol, found.name), "ClientHello"
			p.maybe = &s
		}
	}
	return false
}

// insideTLS asks what is inside TLS, on the session that is open if there is
// one.
func (p *port) insideTLS(ctx context.Context, known []*protocol) bool {
	if p.cur == nil && (p.refusedTLS() || !p.connect(ctx)) && !(p.noALPN && p.connect(ctx)) {
		return false
	}
	if len(known) == 0 {
		known, _ = p.known()
	}
	clear(p.tried) // what was asked without TLS
	clear(p.missed)
	for _, proto := range known[:min(len(known), 2)] {
		if p.attempt(ctx, proto) || p.askHinted(ctx) {
			return true
		}
	}
	if p.cur == nil && !p.connect(ctx) {
		return false
	}
	if p.s.TLS.ALPN == "" && !p.used {
		if p.ask(ctx, nil, nil, "greeting", p.wait) { // a proxy has to connect to the server first
			return true
		}
		p.used = false
	}
	if p.closed > 0 && p.cur == nil {
		return false // there is no server behind the TLS
	}
	for proto := p.nextSilent(); proto != nil && !p.clientUnwanted(); proto = p.nextSilent() {
		if p.attempt(ctx, proto) || p.askHinted(ctx) {
			return true
		}
	}
	return false
}

// refusedTLS reports that the server refused a handshake, as it would the next.
func (p *port) refusedTLS() bool { return p.s.TLS != nil && p.s.TLS.Alert != "" }

// clientUnwanted reports that the server ended a session for want of a
// certificate, as it would the next.
func (p *port) clientUnwanted() bool {
	return p.s.TLS != nil && p.s.TLS.ClientCertificate && p.s.TLS.Alert != ""
}

// askHinted asks for the protocols that the answers so far hint at, first on the
// connection that gave the hint.
func (p *port) askHinted(ctx context.Context) bool {
	for len(p.hints) > 0 {
		proto := p.hints[0]
		p.hints = p.hints[1:]
		if p.tried[proto] {
			continue
		}
		if proto.oneClient {
			if p.attemptOneClient(ctx, proto) {
				return true
			}
			continue
		}
		if p.cur != nil && !proto.serverFirst() && p.attemptHere(ctx, proto) {
			return true
		}
		if !proto.same && p.attempt(ctx, proto) {
			return true
		}
	}
	return false
}

// attemptOneClient asks a server that has one client at a time. It needs a moment to see
// that the last one has left, and to listen anew: until then it refuses or resets
// connections.
func (p *port) attemptOneClient(ctx context.Context, proto *protocol) bool {
	p.hangUp()
	for range 2 {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(p.greetingWait()):
		}
		refused := p.refused
		if p.attempt(ctx, proto) {
			return true
		}
		p.refused = refused
		if p.cur != nil { // it listens, and is something else
			return false
		}
	}
	return false
}

// stays reports whether a port that closed unasked lets another connection
// live, and whether a page makes it speak.
func (p *port) stays(ctx context.Context) bool {
	before := p.closed
	if !p.connect(ctx) || p.ask(ctx, nil, nil, "greeting", p.greetingWait) {
		return false
	}
	return p.closed == before
}

// http is the protocol in the table of this port.
func (p *port) http() *protocol {
	return p.table[slices.IndexFunc(p.table, func(proto *protocol) bool { return proto.name == "http" && proto.rank > 0 })]
}

// speaksHTTP2 reports that the current session was made for HTTP/2.
func (p *port) speaksHTTP2() bool {
	session, ok := p.cur.(*tls.Conn)
	return ok && session.ConnectionState().NegotiatedProtocol == "h2"
}
