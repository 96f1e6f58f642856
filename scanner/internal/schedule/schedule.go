// Package schedule decides what a scan asks when: timeouts, retries, the rate,
// how many attempts may be in the network at once, and what comes next after a
// local error. It owns no socket and reads no clock, so the same scan can be
// run against a simulated network in virtual time.
//
// An engine makes the attempts. It has a [Slots] for each goroutine that works
// for it, and calls [Scheduler.Turn] again and again: in go the outcomes of its
// attempts, out come the attempts to start next. Times count from the start of
// the scan.
package schedule

import (
	"net/netip"
	"time"
)

// Target is one port to ask.
type Target struct {
	HostKey
	Port uint16
}

// HostKey tells hosts apart: an address that was found by two names is two.
// TCP and UDP have timings of their own, so each protocol of an address does.
type HostKey struct {
	Addr netip.Addr // the zone of a link-local address counts
	Name string     // the name that the address was found by, or ""
	UDP  bool       // else TCP
}

// Config is what a scan asks of its scheduler, every default resolved.
type Config struct {
	Timeout     time.Duration // the longest that one attempt is waited for; above 0
	Retries     int           // further attempts after silence; 0 means none
	Rate        float64       // attempts per second at most; 0 means no limit
	HostTimeout time.Duration // for all probes of one host; 0 means no limit

	// Sampling is for several ports that stand for one host, so that a lost attempt is
	// made up for by the others. With Retries of 0 further attempts are made all the
	// same, where attempts were found to get lost.
	Sampling bool

	// Listen has the scan end only when each silent attempt has been listened to for
	// all of Timeout, unless slots run short. An answer that comes after the verdict is
	// a second verdict, a late one.
	Listen bool

	// FullTimeout has the last attempt of a probe waited for all of Timeout. Else
	// Timeout is a bound, and the wait follows the host's answers.
	FullTimeout bool

	// OnLink reports whether ARP or neighbor discovery has to find an address; nil if
	// that is so for none. Unresolved bounds how many of these are asked at a time.
	OnLink     func(netip.Addr) bool
	Unresolved Unresolved

	// Learned is what an earlier scan found out about the path.
	Learned Learned
}

// Caller gives the targets and takes the verdicts. The scheduler calls it from within
// Turn only.
type Caller[E any] interface {
	// Next is the next target, if there is one already.
	Next() (Target, bool)
	// Ended reports that Next will return no more.
	Ended() bool
	// Full reports that enough verdicts wait to be taken. No attempt is started
	// until some have been taken.
	Full() bool
	// Report takes a verdict.
	Report(Verdict[E])
}

const (
	mostLive   = 1 << 15                // probes without a verdict; bounds memory
	mostParked = 1 << 13                // fresh probes that wait for a slow host
	recheck    = 100 * time.Millisecond // when to check again whether another worker left something to do
)

// Scheduler is the schedule of one scan. Its methods must not be called by two
// goroutines at once. E is what an engine hangs on an outcome and gets back with the
// verdict; the scheduler does not look at it.
type Scheduler[E any] struct {
	cfg    Config
	caller Caller[E]

	probes   probes
	hosts    hosts
	ready    hostList // hosts with probes to ask
	deferred hostList // hosts whose last, slow attempts are still to begin
	timers   wheel    // by 2*host.id for pacing, +1 for the host timeout
	path     path
	firsts   FirstRTTs
	pacer    pacer // Config.Rate
	parked   int   // fresh probes that wait for their host
	local    localErrors

	rejections map[*host][]rejected[E] // that are not final

	stopped     bool
	stats       Stats
	loss        Loss // of all hosts
	pathLoss    Loss // of hosts that do not limit their answers
	limits      bool // an answer came of a kind that hosts limit
	lossSamples int  // samples that were asked again to find out the loss
	far         bool // a host is so far away that others may answer after the first timeout
	late        int  // attempts past their deadline whose sockets still listen
}

// New returns the scheduler of a scan that begins now.
func New[E any](cfg Config, caller Caller[E]) *Scheduler[E] {
	s := &Scheduler[E]{cfg: cfg, caller: caller, path: newPath(), rejections: make(map[*host][]rejected[E]), deferred: hostList{link: 1}}
	s.pacer.setRate(0, cfg.Rate)
	if cfg.Learned.path != nil {
		s.path = *cfg.Learned.path
	}
	return s
}

// Learned is what was found out about the path so far.
func (s *Scheduler[E]) Learned() Learned { return s.path.learned() }

// Stop makes every further Turn say that the scan is over.
func (s *Scheduler[E]) Stop() { s.stopped = true }

// Stats is what was counted so far.
func (s *Scheduler[E]) Stats() Stats {
	st := s.stats
	st.Loss = s.loss.rate()
	st.PathRate = s.path.rate()
	return st
}

// Start is an attempt that an engine is to make at one of its slots. A late attempt
// that still uses the slot is given up.
type Start struct {
	Slot     int32
	Port     uint16
	Kind     SocketKind
	Loopback bool       // the address is a loopback one
	Retry    bool       // an attempt before this one timed out
	Addr     netip.Addr // as a socket takes it: never an IPv4 address in IPv6 form
}

// Orders is what an engine is to do after a turn: first Drops, then Starts. The capacity
// of Starts bounds how many attempts are started at a time.
type Orders struct {
	Drops  []int32 // slots whose sockets are to be closed, and their attempts forgotten
	Starts []Start
	Wake   time.Duration // when to take the next turn if nothing happens; 0 for at once
	Done   bool          // the scan is over
}

// Turn takes in what became of attempts at the slots w and fills o with what is
// to be done next. Every answer that came to one of these slots before now must
// be among the outcomes, unless [Slots.Check] tells of it.
func (s *Scheduler[E]) Turn(w *Slots, now time.Duration, outcomes []Outcome[E], o *Orders) {
	o.Starts, o.Drops = o.Starts[:0], o.Drops[:0]
	s.local.sent(w)
	for i := range outcomes {
		s.take(w, &outcomes[i])
	}
	w.hold = s.far && !s.stopped
	s.fireHosts(now)
	s.expire(w, now, o)
	o.Done = s.stopped || s.probes.live == 0 && s.caller.Ended() && !(s.cfg.Listen && s.late > 0)
	if o.Done {
		return
	}
	o.Wake = now + time.Second
	s.fill(w, now, o)
	if at, ok := w.timers.next(); ok {
		o.Wake = min(o.Wake, at)
	}
	if at, ok := s.timers.next(); ok {
		o.Wake = min(o.Wake, at)
	}
}

// fill fills o with attempts to start, as many as the congestion windows, the
// rate and this machine's limits allow.
func (s *Scheduler[E]) fill(w *Slots, now time.Duration, o *Orders) {
	for len(o.Starts) < cap(o.Starts) {
		switch {
		case now < s.local.resume:
			o.Wake = min(o.Wake, s.local.resume)
			return
		case !s.pacer.allows(now):
			o.Wake = min(o.Wake, s.pacer.due)
			return
		case s.caller.Full():
			o.Wake = min(o.Wake, now+recheck/20)
			return
		case !w.room():
			o.Wake = min(o.Wake, now+recheck)
			return
		}
		if until, full := s.cfg.Unresolved.Full(now); full {
			o.Wake = min(o.Wake, until)
			return
		}
		s.path.only = s.hosts.only()
		if ok, again := s.path.open(now); !ok {
			if again == 0 {
				again = now + recheck
			}
			o.Wake = min(o.Wake, again)
			return
		}
		id, ok := s.next(now)
		if !ok {
			o.Wake = min(o.Wake, now+recheck)
			return
		}
		slot, _ := w.take(s.probes.all[id].host.kind)
		o.Starts = append(o.Starts, s.start(w, slot, id, now))
	}
	o.Wake = 0
}

// start puts the next attempt of a probe at a slot.
func (s *Scheduler[E]) start(w *Slots, at, id int32, now time.Duration) Start {
	pr := &s.probes.all[id]
	h := pr.host
	if pr.epoch != h.epoch {
		pr.epoch, pr.timeouts, pr.early, pr.last = h.epoch, 0, 0, false
	}
	if pr.tries++; pr.sentTries() > 1 {
		s.stats.Retries++
	} else {
		pr.first = now
	}
	s.stats.Attempts++
	s.pacer.spend(now)
	if w.all[at].stage == stageLate {
		s.late-- // it is given up for this one
	}
	w.all[at] = slot{probe: id, gen: pr.gen, host: h, sent: now, stage: stageInFlight, kind: h.kind, nth: pr.timeouts + 1}
	transit := s.timeout(h, now, pr.last)
	if !h.loopback {
		s.resolve(h, now)
		h.limit.send(now)
		h.limit.review(now, s.timeout(h, now, false))
		h.window.enter()
		s.path.enter(now, pr.tries == 1 && (!h.asked || h.rtt.samples >= samplesToTrust))
		w.all[at].first = pr.tries == 1 && !h.asked && !h.key.UDP
		s.path.shares.enter(now, w.all[at].first)
		h.asked = true
		h.rejections.alone = h.rejections.testing
		transit = min(transit, s.transit(h))
	}
	w.timers.set(at, h.within(now+transit))
	return Start{Slot: at, Kind: h.kind, Loopback: h.loopback, Retry: pr.timeouts > 0, Addr: h.addr, Port: pr.port}
}
