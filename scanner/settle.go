package scanner

import (
	"syscall"
	"time"
)

// event is what became of an attempt.
type event uint8

const (
	eventAnswered event = iota // by the host or the path: verdict says how
	eventFailed                // locally: err says why
	eventMissed                // the kernel itself gave it up in silence
	eventVoid                  // it says nothing: TCP met its own source port
)

// outcome is an attempt's end, as its worker saw it.
type outcome struct {
	verdict
	err   syscall.Errno
	event event
	kept  kind // the socket that stays at the place; kindBare if none does
	place int32
	at    time.Duration
}

// fromPeer reports an answer that the peer itself gave.
func (o *outcome) fromPeer() bool { return o.state == StateOpen || o.state == StateClosed }

// settle accounts for one outcome and frees its place.
func (s *scheduler) settle(b *berths, o *outcome) {
	a := b.all[o.place]
	if a.stage == stageIdle {
		return
	}
	b.release(o.place, o.kept)
	if o.event == eventAnswered {
		s.time(&a, o)
	} else if a.stage == stageInside && !a.peer.near {
		a.peer.flow.inside--
		s.path.inside--
		s.rouse(a.peer)
	}
	if !s.wanted(&a) {
		return
	}
	switch o.event {
	case eventAnswered:
		s.answer(&a, o)
	case eventFailed:
		s.stats.Attempts--
		if s.inquiries.all[a.inquiry].left() > 1 {
			s.stats.Retries--
		}
		s.stats.LocalErrors++
		s.putBack(b, a.inquiry, o)
	case eventMissed:
		s.missed(a.inquiry, a.start, o.at)
	case eventVoid:
		s.stats.Voided++
		s.void(a.inquiry, o)
	}
}

// void has a probe asked again whose attempt proved nothing, but not for ever:
// there may be no other source port than the probed one.
func (s *scheduler) void(id int32, o *outcome) {
	if s.inquiries.all[id].tries < tooManyTries {
		s.again(id, o.at)
		return
	}
	var err error = errToItself
	if o.err != 0 {
		err = o.err
	}
	s.finish(id, verdict{StateUnknown, ReasonLocalLimit}, 0, o.at, err)
}

// time learns from when an answer came.
func (s *scheduler) time(a *berth, o *outcome) {
	p, took := a.peer, o.at-a.start
	// An error from the path, or from this machine's own tables, is no round
	// trip to the peer. An answer past 1 s may be to the kernel's own
	// retransmission, unless round trips are that long.
	if o.fromPeer() && (took < time.Second || !p.rtt.known() || p.rtt.smooth > time.Second/2) {
		if !p.rtt.known() && !p.near && !p.key.udp {
			s.others.note(o.at, took)
		}
		p.rtt.sample(took, p.flow.inside)
		if s.stats.LeastRTT == 0 || took < s.stats.LeastRTT {
			s.stats.LeastRTT = took
		}
	}
	if a.stage != stageInside || p.near {
		return
	}
	queueing := time.Duration(0)
	if o.fromPeer() {
		queueing = took - p.rtt.least
	}
	p.flow.answered(o.at, queueing, p.rtt.smooth)
	s.path.answered(o.at, queueing, p.rtt.smooth)
	s.rouse(p)
}

// answer turns an answer into a verdict, and learns what it says about loss.
func (s *scheduler) answer(a *berth, o *outcome) {
	p := a.peer
	if a.stage == stageLate {
		s.stats.Late++
	}
	var err error
	if o.err != 0 {
		err = o.err
	}
	if !o.fromPeer() {
		s.finish(a.inquiry, o.verdict, 0, o.at, err)
		return
	}
	// Only the peer's own answers are worth being asked for more slowly. A
	// firewall limits its ICMP errors too, but silence says the same as they do.
	p.unreach = p.unreach || o.reason == ReasonPortUnreach
	p.loss.answered(int(a.nth))
	s.loss.answered(int(a.nth))
	if !p.near {
		p.limiter.answered(o.at, a.start)
		missed := s.inquiries.all[a.inquiry].missed
		if a.nth > 1 && a.stage != stageLate {
			s.slowed(p, p.limiter.lost(o.at, missed, p.key.udp))
		}
	}
	s.finish(a.inquiry, o.verdict, o.at-a.start, o.at, err)
}

// slowed notes that p was found to limit its answers. If it was asked far too
// fast, what it was silent about is asked again.
func (s *scheduler) slowed(p *peer, how braking) {
	if how == notBraked {
		return
	}
	if how == brakedHard {
		p.epoch++
		p.loss.restart()
		p.flow.lost()
	}
	s.stats.Slowed++
	if rate := p.limiter.rate(); s.stats.SlowestRate == 0 || rate < s.stats.SlowestRate {
		s.stats.SlowestRate = rate
	}
}

// finish gives a probe its verdict.
func (s *scheduler) finish(id int32, v verdict, rtt, at time.Duration, err error) {
	pr := &s.inquiries.all[id]
	p := pr.peer
	s.report(p, pr.port, Result{State: v.state, Reason: v.reason, RTT: rtt, Attempts: int(pr.tries), Err: err}, at)
	s.inquiries.put(id)
	if p.live == 0 {
		s.peers.rest(p)
	}
}
