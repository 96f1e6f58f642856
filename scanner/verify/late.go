package verify

import (
	"bytes"
	"context"
	"time"
)

// Two kinds of servers say nothing for seconds: mail servers that test whether a client
// can wait (RFC 5321 section 4.3.1 lets them), and those of pages that take long. How
// long the first are silent: Postfix's postscreen 6 s, unless it teases with half of a
// greeting, sendmail's greet_pause mostly 5 s, Exim as long as its delay is set to.
// Early words they do not forgive are answered by words of their own, which tell them.

// slowPage is how long a page is waited for where one is likely.
const slowPage = 3500 * time.Millisecond

// lateMore is added to a wait for a late greeting, which is set in whole seconds.
const lateMore = 500 * time.Millisecond

// mailMore is added to the wait for the greeting of what is likely a mail server.
const mailMore = 2 * time.Second

// knownGreetingWait is how long to wait for the greeting of a protocol that is known to
// greet.
func (p *port) knownGreetingWait(proto *protocol) time.Duration {
	if proto.name == "smtp" {
		return max(p.lateGreeting()+mailMore, p.wait()) // it must not be talked to before
	}
	if _, ok := p.usualMost(); ok && proto.prompt || p.lateGreeting() < 0 && !p.v.LateMailOnly {
		return p.wait()
	}
	return max(p.wait(), time.Second)
}

func (p *port) lateGreeting() time.Duration {
	if p.v.LateMailOnly && !p.mayBeMail() {
		return -1
	}
	if p.v.LateGreeting != 0 {
		return p.v.LateGreeting
	}
	return DefaultLateGreeting
}

// mayBeMail reports that the process, the number or what was said tells of a mail
// server.
func (p *port) mayBeMail() bool { return p.mail || p.knownMail() }

// knownMail reports that the process or the number does.
func (p *port) knownMail() bool {
	known, _ := p.known()
	return len(known) > 0 && known[0].name == "smtp"
}

// late waits longer for a port that was silent to everything. A port that closes on what
// it does not understand is only listened to. Any other is asked for a page at once: there
// is no time for two waits, and something was sent to it before.
func (p *port) late(ctx context.Context) bool {
	wait := p.lateWait()
	if p.answered || p.secure || p.refused || !p.anyOpen || wait <= 0 {
		return false
	}
	p.rest()
	if !p.connect(ctx) {
		return false
	}
	if p.dislikes() {
		return p.ask(ctx, nil, nil, "greeting", fixedWait(wait))
	}
	http := p.http()
	q := p.question(http)
	if p.ask(ctx, http, &q, "http request", fixedWait(wait)) || p.askHinted(ctx) {
		return true
	}
	if bytes.Contains(p.s.Evidence.FirstBytes, []byte("SMTP synchronization error")) { // Exim, and no connection is left
		p.maybe = &Service{Outcome: OutcomeIdentified, Protocol: "smtp", Evidence: Evidence{Request: "http request", FirstBytes: p.s.Evidence.FirstBytes}}
	}
	return false
}

// lateWait is how long late waits: as long as for a late greeting, or only as for a slow
// page where the number tells that the server does not speak first or wants TLS. It is 0
// where that was waited for before: on the numbers of mail and, after a GET, of HTTP.
func (p *port) lateWait() time.Duration {
	known, inTLS := p.known()
	switch {
	case p.lateGreeting() < 0, p.knownMail(), p.triedLong("http"):
		return 0
	case len(known) > 0 && (inTLS || !known[0].serverFirst()):
		return slowPage
	}
	return p.lateGreeting() + lateMore
}

// triedLong reports that the port was asked for a protocol that its number tells.
func (p *port) triedLong(name string) bool {
	known, _ := p.known()
	for _, proto := range known {
		if proto.name == name && p.tried[proto] {
			return true
		}
	}
	return false
}

// begunReply reports that in is the begin of a greeting in the manner of SMTP and FTP,
// and not yet all of it.
func begunReply(in []byte) bool {
	_, _, v := replyOf(in)
	return v == partial && bytes.HasPrefix([]byte("220"), in[:min(len(in), 3)]) && len(in) > 0
}

// hearOut listens on to a server that has begun to greet: postscreen says one line at
// once and the next when the client has waited, spamd of OpenBSD a byte a second. Such
// a server is not told anything before it has ended.
func (p *port) hearOut(begin reply, judge func(reply) verdict) reply {
	p.greets = true
	if p.cur == nil || p.v.LateGreeting < 0 {
		return begin
	}
	p.rest()
	wait := max(p.v.LateGreeting, DefaultLateGreeting) + mailMore
	whole := func(r reply) reply {
		r.data = append(bytes.Clone(begin.data), r.data...)
		return r
	}
	r := whole(p.exchange(nil, fixedWait(wait), func(r reply) verdict { return judge(whole(r)) }))
	p.greeting = r.data
	return r
}
