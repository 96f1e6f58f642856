package scanner

import (
	"context"
	"errors"
	"iter"
	"math"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDefaults(t *testing.T) {
	for _, c := range []struct {
		name    string
		scanner Scanner
		want    config
	}{
		{"zero value", Scanner{}, config{timeout: DefaultTimeout, retries: DefaultAttempts - 1}},
		{"one attempt", Scanner{Attempts: 1}, config{timeout: DefaultTimeout}},
		{"all set", Scanner{Timeout: time.Minute, Attempts: 6, Rate: 0.5}, config{timeout: time.Minute, retries: 5, rate: 0.5}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got config
			c.scanner.engine = recorder{&got}
			scanAll(t, &c.scanner, targets("tcp"))
			if got.timeout != c.want.timeout || got.retries != c.want.retries || got.rate != c.want.rate {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
			if got.concurrency < 1 || got.concurrency > defaultInFlight {
				t.Errorf("concurrency %d by default", got.concurrency)
			}
		})
	}
}

func TestBadSettings(t *testing.T) {
	for _, c := range []struct {
		scanner Scanner
		want    string
	}{
		{Scanner{Concurrency: -1}, "concurrency -1 is below 0: give the probes in flight at most, or 0 for this machine's limits"},
		{Scanner{Attempts: -1}, "attempts -1 is below 0: give the attempts for a port that stays silent, or 0 for 2"},
		{Scanner{Attempts: 1001}, "attempts 1001 is above 1000: give fewer attempts, or retries"},
		{Scanner{Timeout: -time.Second}, "timeout -1s is below 0: give the time for one attempt, such as 2s"},
		{Scanner{Rate: -3}, "rate -3 is not a number of attempts per second: give one above 0, or 0 for no limit"},
		{Scanner{Rate: math.NaN()}, "rate NaN is not a number of attempts per second: give one above 0, or 0 for no limit"},
		{Scanner{Rate: math.Inf(1)}, "rate +Inf is not a number of attempts per second: give one above 0, or 0 for no limit"},
	} {
		pairs := 0
		for r, err := range c.scanner.Scan(context.Background(), untouched(t)) {
			if pairs++; r != (Result{}) || err == nil || err.Error() != c.want {
				t.Errorf("got %v, %v; want the error %q alone", r, err, c.want)
			}
		}
		if pairs != 1 {
			t.Errorf("%d pairs, want the error alone", pairs)
		}
	}
}

// untouched is a sequence that nobody may range over.
func untouched(t *testing.T) iter.Seq[Target] {
	return func(func(Target) bool) { t.Error("a scan that cannot begin took a target") }
}

// TestBadTargets mixes targets that cannot be asked with one that can.
func TestBadTargets(t *testing.T) {
	good := Target{Proto: "tcp", Addr: netip.MustParseAddrPort("127.0.0.1:80")}
	bad := []Target{
		{},
		{Proto: "icmp", Addr: good.Addr},
		{Proto: "TCP", Addr: good.Addr},
		{Proto: "tcp"},
		{Proto: "udp", Addr: netip.AddrPortFrom(good.Addr.Addr(), 0), Host: "named.test"},
	}
	var got []Target
	s := &Scanner{engine: recorder{new(config)}}
	for r, err := range s.Scan(context.Background(), slices.Values(append(slices.Clone(bad), good))) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Target == good {
			if r.State != StateOpen {
				t.Errorf("the good target is %v", r.State)
			}
			continue
		}
		if r.State != StateUnknown || r.Reason != ReasonNone || r.Attempts != 0 || r.At.IsZero() || !errors.Is(r.Err, ErrBadTarget) {
			t.Errorf("%v: got %+v", r.Target, r)
		}
		got = append(got, r.Target)
	}
	if diff := cmp.Diff(bad, got, cmp.Comparer(func(a, b Target) bool { return a == b })); diff != "" {
		t.Errorf("the bad targets, want -, got +:\n%s", diff)
	}
}

// failure is an engine that cannot begin.
type failure struct{ err error }

func (e failure) start(*scan) (session, error) { return nil, e.err }

func TestEngineError(t *testing.T) {
	want := errors.New("no epoll here")
	for r, err := range (&Scanner{engine: failure{want}}).Scan(context.Background(), targets("tcp")) {
		if !errors.Is(err, want) || r != (Result{}) {
			t.Errorf("got %v, %v; want %v alone", r, err, want)
		}
	}
}

func TestBreakReachesTheEngine(t *testing.T) {
	endless := func(yield func(Target) bool) {
		for yield(Target{Proto: "tcp", Addr: far()}) {
		}
	}
	for range (&Scanner{engine: recorder{new(config)}}).Scan(context.Background(), endless) {
		break
	}
}

// TestSlowSequence has a sequence that blocks after its first target: the
// verdict about that does not wait for it.
func TestSlowSequence(t *testing.T) {
	for name, e := range engines() {
		t.Run(name, func(t *testing.T) {
			closed := closedTCP(t, netip.MustParseAddr("127.0.0.1"))
			told := make(chan struct{})
			asked := func(yield func(Target) bool) {
				if yield(Target{Proto: "tcp", Addr: closed}) {
					<-told
				}
			}
			for r, err := range (&Scanner{engine: e}).Scan(context.Background(), asked) {
				if err != nil {
					t.Fatal(err)
				}
				wantVerdict(t, r, StateClosed, ReasonConnRefused)
				close(told)
			}
		})
	}
}

// TestPanicInTheLoop has the loop's body panic: the workers end all the same
// (goleak looks at the end), and the panic comes through.
func TestPanicInTheLoop(t *testing.T) {
	closed := closedTCP(t, netip.MustParseAddr("127.0.0.1"))
	defer func() {
		if got := recover(); got != "the caller's own" {
			t.Errorf("recovered %v", got)
		}
	}()
	for range new(Scanner).Scan(context.Background(), targets("tcp", closed)) {
		panic("the caller's own")
	}
}

func TestClassify(t *testing.T) {
	for _, c := range []struct {
		name  string
		proto string
		err   error
		want  verdict
	}{
		{"deadline, tcp", "tcp", context.DeadlineExceeded, verdict{StateFiltered, ReasonNoResponse}},
		{"deadline, udp", "udp", &net.OpError{Err: context.DeadlineExceeded}, verdict{StateOpenFiltered, ReasonNoResponse}},
		{"cancelled", "tcp", context.Canceled, verdict{StateUnknown, ReasonNone}},
		{"a message that says refused", "tcp", errors.New("connection refused"), verdict{StateUnknown, ReasonNone}},
		{"EAGAIN is no timeout", "tcp", failing("tcp", localLimits()[len(localLimits())-1]), verdict{StateUnknown, ReasonLocalLimit}},
	} {
		if got := classify(c.proto, c.err); got != c.want {
			t.Errorf("%s: got %v/%v, want %v/%v", c.name, got.state, got.reason, c.want.state, c.want.reason)
		}
	}
}

func TestWords(t *testing.T) {
	states := map[State]string{StateUnknown: "unknown", StateOpen: "open", StateClosed: "closed", StateFiltered: "filtered", StateOpenFiltered: "open|filtered", StateClosedFiltered: "closed|filtered", 99: "unknown"}
	for s, want := range states {
		if s.String() != want {
			t.Errorf("state %d is %q, want %q", s, s, want)
		}
		var back State
		if err := back.UnmarshalText([]byte(want)); err != nil || s < 99 && back != s {
			t.Errorf("%q is read as %v, %v", want, back, err)
		}
	}
	seen := make(map[string]bool)
	for r := ReasonNone; r <= ReasonLocalDenied; r++ {
		if word := r.String(); seen[word] || (word == "") != (r == ReasonNone) {
			t.Errorf("reason %d is %q", r, word)
		}
		seen[r.String()] = true
		var back Reason
		if err := back.UnmarshalText([]byte(r.String())); err != nil || back != r {
			t.Errorf("%q is read as %d, %v", r, back, err)
		}
	}
	if new(State).UnmarshalText([]byte("ajar")) == nil || new(Reason).UnmarshalText([]byte("ajar")) == nil {
		t.Error("a word that nobody prints is read")
	}
	if Reason(99).String() != "" {
		t.Error("a reason that does not exist has a name")
	}
}
