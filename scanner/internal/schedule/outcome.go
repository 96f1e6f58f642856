package schedule

import "time"

// Event is what became of an attempt.
type Event uint8

const (
	Answered     Event = iota // the host or the path answered: Answer says which
	Failed                    // the attempt did not leave this machine: Local says why
	TimedOut                  // the kernel itself gave it up in silence
	Inconclusive              // it proves nothing, such as a TCP connection to its own source port
)

// Answer says who answered, and what the scheduler learns from it.
type Answer uint8

const (
	FromPath        Answer = iota // an error that a router, a firewall or this machine's own tables returned
	FromHost                      // the host's own answer
	FromHostLimited               // the same, of a kind that hosts limit: ICMP port unreachable
)

// Outcome is the end of an attempt.
type Outcome[E any] struct {
	Evidence E // handed on with the verdict, if this outcome decides it
	Event    Event
	Answer   Answer
	Local    Local
	Kept     SocketKind // the socket that stays at the slot for the next attempt
	Slot     int32
	At       time.Duration // when the engine noticed
}

// Ending is how a probe ended.
type Ending uint8

const (
	Conclusive  Ending = iota // an outcome decided
	Silent                    // no attempt was answered
	HostTimeout               // the time of its host was up
	Unasked                   // a local error kept all attempts from leaving, or from proving anything
)

// Verdict is the end of a probe.
type Verdict[E any] struct {
	Target
	Ending   Ending
	Evidence E             // of the outcome that decided, for Conclusive and Unasked
	RTT      time.Duration // from the attempt to the host's own answer; 0 if there was none
	At       time.Duration // when it was reached
	First    time.Duration // when the first attempt left; with Late, when the answered one did
	Attempts int           // attempts that left this machine or tried to
	Late     bool          // with [Config.Listen]: the probe had another verdict before
}

// take accounts for one outcome and frees its slot.
func (s *Scheduler[E]) take(w *Slots, o *Outcome[E]) {
	a := w.all[o.Slot]
	if a.stage == stageIdle {
		return
	}
	w.release(o.Slot, o.Kept)
	if a.stage == stageLate {
		s.late--
		if !s.pending(&a) {
			s.answeredLate(&a, o)
			return
		}
	}
	if o.Event == Answered {
		s.measure(&a, o)
	} else if a.stage == stageInFlight && !a.host.loopback {
		a.host.window.inFlight--
		s.path.inFlight--
		if o.Event == Failed {
			s.path.shares.withdraw(a.sent, a.first)
		}
		s.enqueue(a.host)
	}
	if !s.pending(&a) {
		return
	}
	switch o.Event {
	case Answered:
		s.answered(&a, o)
	case Failed:
		s.requeue(w, a.probe, o)
		s.testFailed(a.host, a.sent, o)
	case TimedOut:
		s.timedOut(a.probe, a.sent, o.At)
	case Inconclusive:
		s.retryInconclusive(a.probe, o)
		s.testFailed(a.host, a.sent, o)
	}
}

// measure learns from the time that an answer took.
func (s *Scheduler[E]) measure(a *slot, o *Outcome[E]) {
	h, took := a.host, o.At-a.sent
	// An error from the path, or from this machine's own tables, is no round
	// trip to the host. An answer past 1 s may be to the kernel's own
	// retransmission, unless round trips are that long.
	if o.Answer != FromPath && (took < time.Second || !h.rtt.known() || h.rtt.smooth > time.Second/2) {
		if !h.rtt.known() && !h.loopback && !h.key.UDP {
			s.firsts.Note(o.At, took)
		}
		h.rtt.sample(took, h.window.inFlight)
		if s.stats.LeastRTT == 0 || took < s.stats.LeastRTT {
			s.stats.LeastRTT = took
		}
	}
	if h.loopback {
		return
	}
	if o.Answer != FromPath {
		s.noteFar(took)
		s.noteShare(a, o.At)
		s.path.answered(o.At, a.sent, &h.rtt)
	}
	if a.stage != stageInFlight {
		return
	}
	s.path.leave(o.At, a.sent)
	if o.Answer == FromPath {
		h.window.leave(o.At, h.rtt.smooth)
	} else {
		h.window.answered(o.At, took-h.rtt.least, h.rtt.smooth)
	}
	s.enqueue(h)
}

// noteShare tells the path of an answer, unless hosts limit such answers themselves. Only
// the silent ports of a host that is known are surely asked again, so what gets lost at
// others is not noticed.
func (s *Scheduler[E]) noteShare(a *slot, now time.Duration) {
	h := a.host
	if h.key.UDP || h.limit.limited() {
		return
	}
	if a.first {
		s.path.shares.answered(now, a.sent)
	}
	switch {
	case h.rtt.samples <= 1:
	case a.nth == 1:
		s.path.shares.arrived(a.sent)
	case s.pending(a):
		s.path.shares.lost(s.probes.all[a.probe].timedOut)
	}
}

// answered turns an answer into a verdict, and learns what it says about loss.
func (s *Scheduler[E]) answered(a *slot, o *Outcome[E]) {
	h := a.host
	if a.stage == stageLate {
		s.stats.Late++
	}
	if o.Answer == FromPath {
		s.rejected(a.probe, a.sent, o)
		return
	}
	s.admitted(a.probe, a.sent, o.At)
	// Only a host's own answers are worth slowing down for. A firewall limits its
	// ICMP errors, too, but silence says the same as they do.
	h.portUnreach = h.portUnreach || o.Answer == FromHostLimited
	s.limits = s.limits || o.Answer == FromHostLimited
	h.loss.Answered(int(a.nth))
	s.loss.Answered(int(a.nth))
	if pr := &s.probes.all[a.probe]; !h.loopback && !h.limit.limited() && (a.nth == 1 || pr.timedOut >= s.path.cutAt) {
		s.pathLoss.Answered(int(a.nth)) // else the loss may be of a queue that is shorter now
	}
	if !h.loopback {
		h.limit.answered(o.At, a.sent)
		if a.nth > 1 && a.stage != stageLate {
			s.slowed(h, h.limit.lost(o.At, s.probes.all[a.probe].timedOut, h.key.UDP))
		}
	}
	s.finish(a.probe, Verdict[E]{Evidence: o.Evidence, RTT: o.At - a.sent, At: o.At})
}

// answeredLate takes the answer to an attempt whose probe has its verdict. The record
// of its host may be another host's by now.
func (s *Scheduler[E]) answeredLate(a *slot, o *Outcome[E]) {
	if o.Event != Answered || !s.cfg.Listen {
		return
	}
	s.stats.Late++
	v := Verdict[E]{Target: a.target, Evidence: o.Evidence, First: a.sent, At: o.At, Attempts: int(a.nth), Late: true}
	if took := o.At - a.sent; o.Answer != FromPath {
		v.RTT = took
		s.noteFar(took)
		if took < time.Second && !a.target.UDP { // else it may answer the kernel's retransmission
			s.firsts.Note(o.At, took)
		}
	}
	s.caller.Report(v)
}

// noteFar notes how far away a host is: others may be beyond the first timeout. What took a
// second more than some host may be the answer to the kernel's retransmission.
func (s *Scheduler[E]) noteFar(took time.Duration) {
	repeated := took >= time.Second && took < time.Second+farAway && took >= time.Second+s.path.least
	if took-s.path.delay > farAway && !repeated {
		s.far = true
	}
}

// slowed notes that h was found to limit its answers. If it was asked far too
// fast, the ports that it was silent about are asked again.
func (s *Scheduler[E]) slowed(h *host, how braking) {
	if how == notBraked {
		return
	}
	if how == brakedHard {
		h.epoch++
		s.pathLoss.forget(&h.loss)
		h.loss.restart()
		h.window.lost()
	}
	s.countSlowed(h)
}

// countSlowed counts that h is asked more slowly from now on.
func (s *Scheduler[E]) countSlowed(h *host) {
	s.stats.Slowed++
	if rate := h.limit.rate(); s.stats.SlowestRate == 0 || rate < s.stats.SlowestRate {
		s.stats.SlowestRate = rate
	}
}

// finish gives a probe its verdict.
func (s *Scheduler[E]) finish(id int32, v Verdict[E]) {
	pr := &s.probes.all[id]
	h := pr.host
	if v.Ending == HostTimeout || v.Ending == Unasked {
		s.stats.Unresolved++
	}
	v.Target, v.First, v.Attempts = Target{h.key, pr.port}, pr.first, int(pr.tries)
	s.caller.Report(v)
	s.probes.put(id)
	if h.live == 0 {
		s.hosts.markIdle(h)
	} else if len(s.rejections) > 0 {
		s.concludeRejections(h, v.At)
	}
}
