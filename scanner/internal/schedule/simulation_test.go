package schedule

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"
)

// engineKind is how a simulated engine learns of answers. Every simulation has to
// come out right with each.
type engineKind string

const (
	polled  engineKind = "polled"  // every answer up to a turn is among its outcomes
	blocked engineKind = "blocked" // goroutines wait for answers, and a busy machine runs some of them late
)

func engineKinds() []engineKind { return []engineKind{polled, blocked} }

// answer is what a simulated port answers, and how.
type answer struct {
	word string // what is hung on the outcome
	by   Answer
}

var (
	isOpen    = answer{"open", FromHost}
	isClosed  = answer{"closed", FromHost}
	unreached = answer{"closed", FromHostLimited}
)

// simulation runs a scheduler against a network that exists in arithmetic
// only: no socket, no clock, the same result every time.
type simulation struct {
	t     *testing.T
	sched *Scheduler[string]
	kind  engineKind
	w     Slots
	now   time.Duration
	rand  *rand.Rand

	targets  []Target
	verdicts []Verdict[string]
	settled  time.Duration // when the last came that was not a late one

	// reply is what the network does with an attempt that leaves at now.
	reply func(st Start) (after time.Duration, a answer, ok bool)
	// resend has the kernel send a SYN again that was not answered for a second.
	resend bool
	// refuse, if not nil, makes an attempt fail on this machine.
	refuse func() (Local, bool)
	// refuseStart, if not nil, does so for some.
	refuseStart func(Start) (Local, bool)

	bySlot  []attempts
	flights flights
	sent    []time.Duration // when each attempt left
	most    int             // attempts out at once
}

func (s *simulation) Next() (Target, bool) {
	if len(s.targets) == 0 {
		return Target{}, false
	}
	t := s.targets[0]
	s.targets = s.targets[1:]
	return t, true
}

func (s *simulation) Ended() bool { return len(s.targets) == 0 }
func (s *simulation) Full() bool  { return false }

func (s *simulation) Report(v Verdict[string]) {
	s.verdicts = append(s.verdicts, v)
	if !v.Late {
		s.settled = s.now
	}
}

// attempts is what is known of those of one slot.
type attempts struct {
	uses     int           // what is in flight for an earlier one is void
	answered bool          // the answer comes
	came     time.Duration // to the socket
}

// flight is an answer on its way.
type flight struct {
	at    time.Duration // to the scheduler
	slot  int32
	uses  int    // of the slot, as it left
	again *Start // not an answer, but the kernel's next SYN
	answer
}

// flights is a binary heap by time. container/heap would allocate each, and a scan has
// hundreds of thousands.
type flights []flight

func (f *flights) push(n flight) {
	*f = append(*f, n)
	h := *f
	i := len(h) - 1
	for i > 0 && n.at < h[(i-1)/2].at {
		h[i] = h[(i-1)/2]
		i = (i - 1) / 2
	}
	h[i] = n
}

// pop takes the earliest.
func (f *flights) pop() flight {
	h := *f
	first, n := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	*f = h
	if len(h) == 0 {
		return first
	}
	i := 0
	for {
		child := 2*i + 1
		if child+1 < len(h) && h[child+1].at < h[child].at {
			child++
		}
		if child >= len(h) || h[child].at >= n.at {
			break
		}
		h[i] = h[child]
		i = child
	}
	h[i] = n
	return first
}

func newSimulation(t *testing.T, kind engineKind, seed uint64, cfg Config, slots int, targets []Target) *simulation {
	if cfg.Timeout == 0 {
		cfg.Timeout = 2 * time.Second
	}
	s := &simulation{t: t, kind: kind, targets: targets, w: NewSlots(slots), rand: rand.New(rand.NewPCG(seed, 2)), bySlot: make([]attempts, slots)}
	s.sched = New(cfg, s)
	if kind == blocked {
		s.w.Check = s.check
	}
	return s
}

// check is what a blocked engine tells of an attempt: its socket is asked.
func (s *simulation) check(slot int32) (sent time.Duration, wait bool) {
	a := &s.bySlot[slot]
	return s.w.all[slot].sent, a.answered && a.came <= s.now
}

// delay is how late a busy machine runs the goroutine that has an answer.
func (s *simulation) delay() time.Duration {
	if s.kind == polled || s.rand.IntN(50) > 0 {
		return 0
	}
	return time.Duration(s.rand.IntN(400)) * time.Millisecond
}

// run goes on until every target has its verdict, or until the time given.
func (s *simulation) run(until time.Duration) {
	s.t.Helper()
	o := Orders{Starts: make([]Start, 0, 64)}
	var in []Outcome[string]
	for s.now < until {
		s.sched.Turn(&s.w, s.now, in, &o)
		in = in[:0]
		for _, slot := range o.Drops {
			s.renew(slot)
		}
		if o.Done {
			break
		}
		for i := range o.Starts {
			if failed := s.begin(&o.Starts[i]); failed != NotLocal {
				in = append(in, Outcome[string]{Event: Failed, Local: failed, Evidence: "local", Slot: o.Starts[i].Slot, At: s.now})
			}
		}
		s.most = max(s.most, len(s.w.all)-s.w.idle)
		if len(in) > 0 || o.Wake == 0 {
			s.now += 500 * time.Microsecond // what a batch of calls takes
		} else if len(s.flights) > 0 && s.flights[0].at < o.Wake {
			s.now = max(s.now, s.flights[0].at)
		} else {
			s.now = max(s.now, o.Wake)
		}
		for len(s.flights) > 0 && s.flights[0].at <= s.now {
			f := s.flights.pop()
			if s.bySlot[f.slot].uses != f.uses {
				continue
			}
			if f.again != nil {
				s.leave(f.again)
			} else {
				s.renew(f.slot)
				in = append(in, Outcome[string]{Evidence: f.word, Answer: f.by, Kept: SocketTCP4, Slot: f.slot, At: f.at})
			}
		}
	}
}

// renew makes what is in flight for a slot void.
func (s *simulation) renew(slot int32) {
	s.bySlot[slot] = attempts{uses: s.bySlot[slot].uses + 1}
}

// begin makes an attempt, unless this machine refuses.
func (s *simulation) begin(st *Start) Local {
	s.renew(st.Slot)
	if s.refuse != nil {
		if local, refused := s.refuse(); refused {
			return local
		}
	}
	if s.refuseStart != nil {
		if local, refused := s.refuseStart(*st); refused {
			return local
		}
	}
	s.w.Sent(1)
	s.sent = append(s.sent, s.now)
	s.leave(st)
	if s.resend {
		again := *st
		s.flights.push(flight{at: s.now + time.Second, slot: st.Slot, uses: s.bySlot[st.Slot].uses, again: &again})
	}
	return NotLocal
}

// leave has a packet of an attempt meet the network.
func (s *simulation) leave(st *Start) {
	if after, a, ok := s.reply(*st); ok {
		of := &s.bySlot[st.Slot]
		of.answered, of.came = true, s.now+after
		s.flights.push(flight{at: of.came + s.delay(), slot: st.Slot, uses: of.uses, answer: a})
	}
}

// words counts the verdicts by what was hung on them, or by how they ended.
func (s *simulation) words() map[string]int {
	n := make(map[string]int)
	for _, v := range s.verdicts {
		n[wordOf(v)]++
	}
	return n
}

func wordOf(v Verdict[string]) string {
	switch v.Ending {
	case Silent:
		return "silent"
	case HostTimeout:
		return "host timeout"
	}
	return v.Evidence
}

// portsOf is ports 1 to n of one host.
func portsOf(udp bool, n int) []Target {
	var ts []Target
	for port := 1; port <= n; port++ {
		ts = append(ts, Target{HostKey{Addr: netip.MustParseAddr("198.18.0.1"), UDP: udp}, uint16(port)})
	}
	return ts
}

// addr is the i-th address of 198.18.0.0/15 and beyond.
func addr(i int) netip.Addr {
	return netip.AddrFrom4([4]byte{198, byte(18 + i>>16), byte(i >> 8), byte(i)})
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
