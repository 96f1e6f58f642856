// Package scanner asks hosts which TCP and UDP ports answer, without raw
// sockets and so without root: by TCP connect, and by UDP datagrams that the
// usual service of a port answers.
//
// The one call to start with is [Scanner.Scan]. It takes a sequence of
// [Target] and yields a [Result] for each: a [State] with its [Reason], the
// round trip and the attempts behind it. A program that only wants open ports
// looks at State alone.
//
// What it promises:
//
//   - A verdict has evidence. A port is [StateClosed] when its host said so and for
//     no other cause; every reason comes from the identity of an error or from
//     an answer, never from the text of a message.
//   - What goes wrong on this machine is never a verdict about another. A probe
//     that meets a local limit (descriptors, ports, memory) is requeued and
//     tried again with fewer in flight; only when that does not help is the
//     port [StateUnknown], with the reason [ReasonLocalLimit].
//   - A scan takes memory for the probes in flight, not for its targets, and
//     leaves nothing behind when its loop ends.
package scanner

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"net"
	"net/netip"
	"time"

	"porthole/scanner/internal/payload"
)

// DefaultTimeout is the cap for one attempt when [Scanner.Timeout] is zero.
const DefaultTimeout = 2 * time.Second

// DefaultAttempts is the number of attempts for a port that stays silent when
// [Scanner.Attempts] is zero.
const DefaultAttempts = 2

// MaxAttempts is the most that [Scanner.Attempts] may be.
const MaxAttempts = 1000

// Target is one question: does Addr answer on Proto?
type Target struct {
	Proto string         // "tcp" or "udp"
	Addr  netip.AddrPort // the zone of a link-local address is kept and used
	Host  string         // the name the user typed, for grouping; may be ""
}

// Result is the verdict for one [Target], with its evidence.
type Result struct {
	Target
	State     State
	Reason    Reason
	RTT       time.Duration // attempt start to the host's own answer, monotonic; 0 when it gave none
	Attempts  int           // attempts that left this machine or tried to; 0 only for a target that could not be asked
	At        time.Time     // when the verdict was reached
	Middlebox bool          // open, but so is every port of this host: see [MiddleboxDetector]
	Err       error         // the local or network error behind the verdict, nil for open and for silence

	// With [config.listen]:
	late  bool      // the target had another verdict before
	first time.Time // when the first attempt left
}

// Scanner holds the settings of a scan. The zero value works. A Scanner may
// run several scans at once; its fields must not change meanwhile.
//
// How long an attempt is waited for follows the round-trip times of its host,
// from 300 ms to Timeout. The last attempt at a silent port is waited for all of
// Timeout if that is above [DefaultTimeout], or if Attempts is 1.
//
// A number or a time below 0, more than [MaxAttempts], and a Source or an Interface that
// this machine does not have are errors, which end a scan at once.
type Scanner struct {
	Concurrency int           // probes in flight at most; 0 sizes it by this machine's limits, which always hold
	Timeout     time.Duration // for one attempt at most; 0 means DefaultTimeout
	Attempts    int           // attempts for a port that stays silent, at most MaxAttempts; 0 means DefaultAttempts. With 1 there is exactly one; else more are made where answers get lost
	Rate        float64       // attempts per second at most; 0 means no limit

	// HostTimeout is the time for all probes of one host, TCP and UDP together,
	// counted from the first; 0 means no limit. It also ends attempts in flight.
	// Verdicts reached by then are kept, the others are [StateUnknown] with
	// [ErrHostTimeout].
	HostTimeout time.Duration

	// Source is the address of this machine that attempts leave from, and
	// Interface the network interface. The zero values leave both to the system.
	// Targets of the other family than Source cannot be asked.
	Source    netip.Addr
	Interface string

	// Path, if not nil, is what earlier scans over the same path have learned about
	// it, and this one adds to: a second scan need not begin slowly again.
	Path *Path

	// Keep, if not nil, is called with the connection to each TCP port that was found
	// open, before the verdict is yielded. If it returns true it owns the connection and
	// must close it; else the connection is reset, as without Keep. It may be called by
	// several goroutines at once, and the scan waits for it. It is not called for an
	// address with a zone, nor by [Scanner.Discover].
	Keep func(addr netip.AddrPort, conn net.Conn) bool

	// Stats, if not nil, is called once with what the scan counted, after the last
	// verdict and before the iterator ends.
	Stats func(Stats)

	engine   engine            // nil for the system's
	methods  *discoveryMethods // of discovery beside ports; nil for the system's
	listen   bool              // until Timeout is over, after a verdict of silence
	sampling bool              // several ports stand for one host, so that a single attempt may get less than Timeout
}

// ErrBadTarget is behind [Result.Err] for a target that cannot be asked: a
// protocol other than "tcp" and "udp", no address, one of the other family than
// [Scanner.Source], or port 0.
var ErrBadTarget = errors.New("not a target")

// Scan asks every target once and yields the verdicts in the order they are
// reached. It ranges over the targets as it gets to them, in a goroutine of its
// own, so their number does not matter for memory, and a sequence that blocks
// holds up no verdict of targets before. Hosts are best asked in a random order, as a
// [Plan] has them: where the first answer and the rest do not, the path is taken for slow
// for some seconds.
//
// A probe that fails is a [Result], never an error: the second value is nil
// beside every verdict. It is set once, in a last pair with an empty Result,
// when the scan ended early: by ctx (then it is ctx.Err()) or by a setting
// that makes no sense. Verdicts reached before that are all yielded first.
//
// Each use of the iterator is a scan of its own. Whichever way it ends (all
// asked, ctx ended, or the loop was left by break), every goroutine and
// socket of that scan has ended when the loop is over. Only a targets sequence
// that blocks holds that up.
func (s *Scanner) Scan(ctx context.Context, targets iter.Seq[Target]) iter.Seq2[Result, error] {
	return func(yield func(Result, error) bool) {
		cfg, err := s.config()
		if err != nil {
			yield(Result{}, err)
			return
		}
		e := s.engine
		if e == nil {
			e = defaultEngine()
		}
		sc := newScan(cfg, time.Now())
		session, err := e.start(sc)
		if err != nil {
			yield(Result{}, err)
			return
		}
		for batch := range sc.perform(ctx, session, targets) {
			for i := range batch {
				if !yield(batch[i], nil) {
					return
				}
			}
		}
		if s.Stats != nil {
			s.Stats(sc.stats())
		}
		if sc.stopped {
			yield(Result{}, ctx.Err())
		}
	}
}

// InFlight is how many probes a scan that began now would have in flight at
// most, by its settings and this machine's limits. It fails with the error of a
// scan whose settings make no sense.
func (s *Scanner) InFlight() (int, error) {
	cfg, err := s.config()
	return cfg.concurrency, err
}

// config checks the settings and resolves their defaults.
func (s *Scanner) config() (config, error) {
	switch {
	case s.Concurrency < 0:
		return config{}, fmt.Errorf("concurrency %d is below 0: give the probes in flight at most, or 0 for this machine's limits", s.Concurrency)
	case s.Attempts < 0:
		return config{}, fmt.Errorf("attempts %d is below 0: give the attempts for a port that stays silent, or 0 for %d", s.Attempts, DefaultAttempts)
	case s.Attempts > MaxAttempts:
		return config{}, fmt.Errorf("attempts %d is above %d: give fewer attempts, or retries", s.Attempts, MaxAttempts)
	case s.Timeout < 0:
		return config{}, fmt.Errorf("timeout %v is below 0: give the time for one attempt, such as 2s", s.Timeout)
	case s.HostTimeout < 0:
		return config{}, fmt.Errorf("host timeout %v is below 0: give the time for one host, such as 15m, or 0 for no limit", s.HostTimeout)
	case s.Rate < 0 || math.IsNaN(s.Rate) || math.IsInf(s.Rate, 0):
		return config{}, fmt.Errorf("rate %v is not a number of attempts per second: give one above 0, or 0 for no limit", s.Rate)
	}
	from, err := newOrigin(s.Source, s.Interface)
	if err != nil {
		return config{}, err
	}
	budget := inFlightBudget()
	cfg := config{
		origin:           from,
		concurrency:      concurrencyWithin(budget, s.Concurrency),
		hostTimeout:      s.HostTimeout,
		timeout:          s.Timeout,
		retries:          s.Attempts - 1,
		rate:             s.Rate,
		payload:          payload.Requests(),
		answersElsewhere: payload.AnswersFromAnyPort,
	}
	if s.Concurrency == 0 {
		cfg.budget = budget
	}
	if cfg.timeout == 0 {
		cfg.timeout = DefaultTimeout
	}
	if s.Attempts == 0 {
		cfg.retries = DefaultAttempts - 1
	}
	cfg.sampling, cfg.listen, cfg.keep, cfg.path = s.sampling, s.listen, s.Keep, s.Path
	cfg.fullTimeout = cfg.timeout > DefaultTimeout || cfg.retries == 0 && !s.sampling
	return cfg, nil
}

// check reports why t cannot be asked.
func (t Target) check() error {
	switch {
	case t.Proto != "tcp" && t.Proto != "udp":
		return fmt.Errorf("%w: protocol %q is neither tcp nor udp", ErrBadTarget, t.Proto)
	case !t.Addr.Addr().IsValid():
		return fmt.Errorf("%w: it has no address", ErrBadTarget)
	case t.Addr.Port() == 0:
		return fmt.Errorf("%w: port 0 of %v cannot be asked", ErrBadTarget, t.Addr.Addr())
	}
	return nil
}
