package scanner

import (
	"container/heap"
	"math/rand/v2"
	"net/netip"
	"syscall"
	"testing"
	"time"
)

// simulation runs a scheduler against a network that exists in arithmetic
// only: no socket, no clock, the same result every time.
type simulation struct {
	t     *testing.T
	sched *scheduler
	b     berths
	now   time.Duration
	rand  *rand.Rand

	// reply is what the network does with an attempt that leaves at now.
	reply func(p *peer, port uint16) (after time.Duration, v verdict, ok bool)
	// refuse, if not nil, makes an attempt fail on this machine.
	refuse func() syscall.Errno

	flights flights
	sent    []time.Duration // when each attempt left
	results []Result
	most    int // attempts out at once
}

// flight is an answer on its way.
type flight struct {
	at    time.Duration
	place int32
	gen   int // of the place's use
	v     verdict
}

type flights []flight

func (f flights) Len() int           { return len(f) }
func (f flights) Less(i, j int) bool { return f[i].at < f[j].at }
func (f flights) Swap(i, j int)      { f[i], f[j] = f[j], f[i] }
func (f *flights) Push(x any)        { *f = append(*f, x.(flight)) }
func (f *flights) Pop() any {
	last := (*f)[len(*f)-1]
	*f = (*f)[:len(*f)-1]
	return last
}

func newSimulation(t *testing.T, seed uint64, cfg config, targets []Target) *simulation {
	if cfg.timeout == 0 {
		cfg.timeout = DefaultTimeout
	}
	if cfg.concurrency == 0 {
		cfg.concurrency = 8000
	}
	f := newFeed(len(targets) + 1)
	f.ahead, f.last = targets, true
	s := &simulation{t: t, sched: newScheduler(cfg, f, time.Time{}), rand: rand.New(rand.NewPCG(seed, 2))}
	s.b.limit, s.b.most = cfg.concurrency, cfg.concurrency
	s.sched.ahead = 1 << 30
	return s
}

// run goes on until every target has its verdict, or until the time given.
func (s *simulation) run(until time.Duration) {
	s.t.Helper()
	o := orders{starts: make([]start, 0, 64)}
	uses := make(map[int32]int)
	var in []outcome
	launched := 0
	for s.now < until {
		s.sched.turn(&s.b, s.now, launched, in, &o)
		in, launched = in[:0], 0
		for _, place := range o.drops {
			uses[place]++
		}
		if o.done {
			break
		}
		for i := range o.starts {
			st := &o.starts[i]
			uses[st.place]++
			if s.refuse != nil {
				if e := s.refuse(); e != 0 {
					in = append(in, outcome{event: eventFailed, err: e, place: st.place, at: s.now})
					continue
				}
			}
			launched++
			s.sent = append(s.sent, s.now)
			if after, v, ok := s.reply(st.peer, st.port); ok {
				heap.Push(&s.flights, flight{s.now + after, st.place, uses[st.place], v})
			}
		}
		s.most = max(s.most, len(s.b.all)-s.b.idle)
		if len(in) > 0 || o.wake == 0 {
			s.now += 500 * time.Microsecond // what a batch of calls takes
		} else if len(s.flights) > 0 && s.flights[0].at < o.wake {
			s.now = max(s.now, s.flights[0].at)
		} else {
			s.now = max(s.now, o.wake)
		}
		for len(s.flights) > 0 && s.flights[0].at <= s.now {
			f := heap.Pop(&s.flights).(flight)
			if uses[f.place] == f.gen {
				uses[f.place]++
				in = append(in, outcome{verdict: f.v, event: eventAnswered, kept: kindTCP4, place: f.place, at: f.at})
			}
		}
	}
	s.results = s.sched.out
}

// states counts the verdicts.
func (s *simulation) states() map[State]int {
	n := make(map[State]int)
	for _, r := range s.results {
		n[r.State]++
	}
	return n
}

// portsOf is ports 1 to n of one host, asked on proto.
func portsOf(proto string, n int) []Target {
	var ts []Target
	for port := 1; port <= n; port++ {
		ts = append(ts, Target{Proto: proto, Addr: netip.AddrPortFrom(netip.MustParseAddr("198.18.0.1"), uint16(port))})
	}
	return ts
}

// bucket is a token bucket, as firewalls and kernels limit answers.
type bucket struct {
	perSecond, burst, tokens float64
	last                     time.Duration
}

func (b *bucket) take(now time.Duration) bool {
	if b.last == 0 {
		b.tokens = b.burst
	}
	b.tokens = min(b.burst, b.tokens+(now-b.last).Seconds()*b.perSecond)
	b.last = max(now, 1)
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
