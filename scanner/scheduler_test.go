package scanner

import (
	"errors"
	"net/netip"
	"syscall"
	"testing"
	"time"
)

// simulated is a network between the scanner and one host.
type simulated struct {
	name     string
	proto    string
	ports    int
	loss     float64                // of attempts, both ways together
	limit    float64                // refusals per second; 0 means no limit
	burst    float64                // refusals at once, within the limit
	filtered func(port uint16) bool // dropped in silence
	within   time.Duration
}

// TestSimulatedNetworks scans networks that lose, filter and limit. No verdict
// may be wrong.
func TestSimulatedNetworks(t *testing.T) {
	for _, c := range []simulated{
		{name: "plain", proto: "tcp", ports: 20000, within: 3 * time.Second},
		{name: "6% loss", proto: "tcp", ports: 20000, loss: 0.06, within: 5 * time.Second},
		{name: "30% loss", proto: "tcp", ports: 5000, loss: 0.3, within: 30 * time.Second},
		{name: "6% loss, most filtered", proto: "tcp", ports: 10000, loss: 0.06, filtered: func(p uint16) bool { return p%10 != 0 }, within: 20 * time.Second},
		{name: "all filtered", proto: "tcp", ports: 10000, filtered: func(uint16) bool { return true }, within: 10 * time.Second},
		{name: "100 RST/s", proto: "tcp", ports: 2000, limit: 100, burst: 5, within: 40 * time.Second},
		{name: "100 RST/s, half filtered", proto: "tcp", ports: 2000, limit: 100, burst: 5, filtered: func(p uint16) bool { return p%2 == 0 }, within: 400 * time.Second},
		{name: "1000 RST/s", proto: "tcp", ports: 10000, limit: 1000, burst: 50, within: 30 * time.Second},
		{name: "1 ICMP/s", proto: "udp", ports: 100, limit: 1, burst: 6, within: 200 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			for seed := range uint64(5) {
				c.check(t, seed)
			}
		})
	}
}

// check scans the network and compares every verdict with the truth.
func (c *simulated) check(t *testing.T, seed uint64) {
	s := newSimulation(t, seed, config{retries: 1}, portsOf(c.proto, c.ports))
	tokens := bucket{perSecond: c.limit, burst: c.burst}
	s.reply = func(_ *peer, port uint16) (time.Duration, verdict, bool) {
		after := 20*time.Millisecond + time.Duration(s.rand.IntN(2000))*time.Microsecond
		switch truth := c.truth(port); {
		case s.rand.Float64() < c.loss, truth.state == StateFiltered:
			return 0, verdict{}, false
		case truth.state == StateClosed && c.limit > 0 && !tokens.take(s.now):
			return 0, verdict{}, false
		default:
			return after, truth, true
		}
	}
	s.run(time.Hour)
	for _, r := range s.results {
		if want := c.truth(r.Addr.Port()).state; r.State != want {
			t.Errorf("seed %d: port %d is %v after %d attempts, want %v", seed, r.Addr.Port(), r.State, r.Attempts, want)
		}
	}
	if len(s.results) != c.ports {
		t.Errorf("seed %d: %d verdicts for %d targets", seed, len(s.results), c.ports)
	}
	st := s.sched.ledger()
	t.Logf("seed %d: %v, %d attempts, at most %d at once, %+v", seed, s.now, len(s.sent), s.most, st)
	if s.now > c.within {
		t.Errorf("seed %d: took %v, want at most %v", seed, s.now, c.within)
	}
	if limited := c.limit > 0; limited && st.Slowed == 0 || !limited && c.loss < 0.1 && st.Slowed > 0 {
		t.Errorf("seed %d: slowed down %d times for a target that limits: %v", seed, st.Slowed, limited)
	}
	if c.limit == 0 && st.Loss > c.loss*1.1+0.03 {
		t.Errorf("seed %d: loss is estimated at %.3f, want about %.3f", seed, st.Loss, c.loss)
	}
}

// truth is what there is to find out about a port.
func (c *simulated) truth(port uint16) verdict {
	switch {
	case c.proto == "tcp" && port%97 == 3:
		return verdict{StateOpen, ReasonSynAck}
	case c.filtered != nil && c.filtered(port):
		return silent(c.proto)
	case c.proto == "udp":
		return verdict{StateClosed, ReasonPortUnreach}
	}
	return verdict{StateClosed, ReasonConnRefused}
}

// TestRateIsExact counts attempts, retries included, over ten seconds.
func TestRateIsExact(t *testing.T) {
	for _, rate := range []float64{7, 100, 999, 3333.3, 40000} {
		n := min(int(rate*12), 65535)
		s := newSimulation(t, 1, config{retries: 1, rate: rate}, portsOf("tcp", n))
		s.reply = func(_ *peer, port uint16) (time.Duration, verdict, bool) {
			return 20 * time.Millisecond, verdict{StateClosed, ReasonConnRefused}, port%3 != 0
		}
		s.run(time.Hour)
		if len(s.results) != n {
			t.Errorf("rate %v: %d verdicts for %d targets", rate, len(s.results), n)
		}
		if fresh := float64(n-1) / rate; s.now.Seconds() < fresh*0.98 {
			t.Errorf("rate %v: %d attempts took %v", rate, len(s.sent), s.now)
		}
		// Within any 50 ms no more than the rate and one tick of catching up.
		most := 0
		for i, from := 0, 0; i < len(s.sent); i++ {
			for s.sent[i]-s.sent[from] > 50*time.Millisecond {
				from++
			}
			most = max(most, i-from+1)
		}
		if limit := rate*0.1 + 2; float64(most) > limit {
			t.Errorf("rate %v: %d attempts within 50 ms, want at most %.0f", rate, most, limit)
		}
		inTime := 0
		span := time.Duration(0.9 * float64(n) / rate * float64(time.Second))
		for _, at := range s.sent {
			if at < span {
				inTime++
			}
		}
		if got, want := float64(inTime), rate*span.Seconds(); got < want*0.98-1 || got > want*1.02+1 {
			t.Errorf("rate %v: %v attempts in %v, want %.0f within 2%%", rate, got, span, want)
		}
	}
}

// TestHostTimeout keeps what was found, claims nothing about the rest, and ends
// on time whatever is in flight.
func TestHostTimeout(t *testing.T) {
	const (
		ports = 5000
		limit = time.Second
		after = 20 * time.Millisecond
	)
	s := newSimulation(t, 1, config{retries: 1, hostTimeout: limit, rate: 1000}, portsOf("tcp", ports))
	inTime := 0
	s.reply = func(_ *peer, port uint16) (time.Duration, verdict, bool) {
		if port%2 == 0 && s.now+after <= limit {
			inTime++
		}
		return after, verdict{StateOpen, ReasonSynAck}, port%2 == 0
	}
	s.run(time.Hour)
	n := s.states()
	if n[StateOpen] != inTime || inTime < 200 || n[StateOpen]+n[StateUnknown]+n[StateFiltered] != ports {
		t.Errorf("verdicts are %v, and %d answers came in time", n, inTime)
	}
	for _, r := range s.results {
		if r.State == StateUnknown && !errors.Is(r.Err, ErrHostTimeout) {
			t.Fatalf("unknown without the reason: %+v", r)
		}
	}
	if st := s.sched.ledger(); st.TimedOut != int64(n[StateUnknown]) || st.Unresolved != int64(n[StateUnknown]) {
		t.Errorf("%d unknown, but the ledger says %+v", n[StateUnknown], st)
	}
	if last := s.sent[len(s.sent)-1]; last > limit || s.now > limit+2*wheelTick {
		t.Errorf("the last attempt left at %v and the scan ended at %v, for a host timeout of %v", last, s.now, limit)
	}
}

// TestLocalLimits lets this machine refuse in different ways: as long as it
// gives way at times, no verdict comes from it.
func TestLocalLimits(t *testing.T) {
	errnos := []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.EADDRNOTAVAIL, syscall.EAGAIN}
	for _, c := range []struct {
		name   string
		refuse func(s *simulation) bool
	}{
		{"every third", func(s *simulation) bool { return s.rand.IntN(3) == 0 }},
		{"most", func(s *simulation) bool { return s.rand.IntN(10) > 2 }},
		{"above 50 sockets", func(s *simulation) bool { return len(s.flights) > 50 }},
		{"for four seconds", func(s *simulation) bool { return s.now > 5*time.Millisecond && s.now < 4*time.Second }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSimulation(t, 1, config{retries: 1}, portsOf("tcp", 3000))
			n := 0
			s.refuse = func() syscall.Errno {
				if !c.refuse(s) {
					return 0
				}
				n++
				return errnos[n%len(errnos)]
			}
			s.reply = func(_ *peer, port uint16) (time.Duration, verdict, bool) {
				return 20 * time.Millisecond, verdict{StateClosed, ReasonConnRefused}, true
			}
			s.run(time.Hour)
			if got := s.states(); got[StateClosed] != 3000 {
				t.Errorf("verdicts are %v, want 3000 closed", got)
			}
			if st := s.sched.ledger(); st.LocalErrors != int64(n) || n == 0 {
				t.Errorf("%d local errors, but the ledger says %d", n, st.LocalErrors)
			}
			t.Logf("%v, %d local errors, window %d", s.now, n, s.b.limit)
		})
	}
}

// TestLocalLimitForGood has a machine that never gives way: the scan ends all
// the same, and says that it could not ask.
func TestLocalLimitForGood(t *testing.T) {
	for _, c := range []struct {
		errno  syscall.Errno
		reason Reason
	}{{syscall.EMFILE, ReasonLocalLimit}, {syscall.EPERM, ReasonLocalDenied}, {syscall.EACCES, ReasonLocalDenied}, {syscall.EINVAL, ReasonNone}} {
		s := newSimulation(t, 1, config{retries: 1}, portsOf("tcp", 500))
		s.refuse = func() syscall.Errno { return c.errno }
		s.run(time.Hour)
		if n := s.states(); n[StateUnknown] != 500 || s.now > time.Minute {
			t.Errorf("%v: verdicts are %v after %v", c.errno, n, s.now)
		}
		for _, r := range s.results {
			if r.Reason != c.reason || r.Attempts < 1 {
				t.Fatalf("%v: got %+v", c.errno, r)
			}
		}
	}
}

// TestManyPeers asks one port of very many dead addresses: memory follows what
// is in flight.
func TestManyPeers(t *testing.T) {
	var ts []Target
	for i := range uint64(100_000) {
		_, addr := countedHosts(1 << 24).At(i)
		ts = append(ts, Target{Proto: "tcp", Addr: netip.AddrPortFrom(addr, 80)})
	}
	s := newSimulation(t, 1, config{concurrency: 2000}, ts)
	s.reply = func(p *peer, _ uint16) (time.Duration, verdict, bool) {
		return 20 * time.Millisecond, verdict{StateOpen, ReasonSynAck}, p.addr.As4()[3] == 7
	}
	s.run(time.Hour)
	if n := s.states(); n[StateOpen] == 0 || n[StateOpen]+n[StateFiltered] != len(ts) {
		t.Errorf("verdicts are %v", n)
	}
	if n := len(s.sched.peers.all); n > 2000+mostParked+idlePeers {
		t.Errorf("%d peers are remembered", n)
	}
	if n := len(s.sched.inquiries.all); n > mostLive {
		t.Errorf("%d probes are remembered", n)
	}
}

// TestSparseRange knocks at a range with few hosts across a network that loses.
// None is missed, the few far ones neither, though what the near ones let expect
// ends the wait for the dead sooner.
func TestSparseRange(t *testing.T) {
	const addresses, alive, far, knocks = 4096, 64, 40, 6
	for _, c := range []struct {
		name   string
		far    time.Duration // round trip of a few hosts, the others have 20 ms
		within time.Duration
	}{
		{"as far as the others", 20 * time.Millisecond, 2 * time.Second},
		{"much farther", 450 * time.Millisecond, 4 * time.Second},
		{"the other side of the world", 900 * time.Millisecond, 4 * time.Second},
	} {
		for seed := range uint64(5) {
			var ts []Target
			order := newPermutation(addresses, seed) // as a plan has it
			for i := range uint64(addresses) {
				_, addr := countedHosts(addresses).At(order.at(i))
				for port := range knocks {
					ts = append(ts, Target{Proto: "tcp", Addr: netip.AddrPortFrom(addr, uint16(port+1))})
				}
			}
			s := newSimulation(t, seed, config{concurrency: 14000}, ts)
			s.reply = func(p *peer, _ uint16) (time.Duration, verdict, bool) {
				last := int(p.addr.As4()[2])<<8 | int(p.addr.As4()[3])
				after := 20 * time.Millisecond
				if last%(addresses/alive) == 0 && last/(addresses/alive) >= far {
					after = c.far
				}
				after += time.Duration(s.rand.IntN(5000)) * time.Microsecond
				return after, verdict{StateClosed, ReasonConnRefused}, last%(addresses/alive) == 0 && s.rand.Float64() > 0.06
			}
			s.run(time.Hour)
			found := make(map[netip.Addr]bool)
			for _, r := range s.results {
				if r.State == StateClosed {
					found[r.Addr.Addr()] = true
				}
			}
			if len(found) != alive || s.now > c.within {
				t.Errorf("%s, seed %d: %d of %d hosts in %v, want all within %v", c.name, seed, len(found), alive, s.now, c.within)
			}
		}
	}
}

// TestLateAnswers has answers that come when their attempt was given up, and
// even when its probe has been asked again: they count, once.
func TestLateAnswers(t *testing.T) {
	const ports = 3000
	s := newSimulation(t, 1, config{retries: 1}, portsOf("tcp", ports))
	s.reply = func(_ *peer, port uint16) (time.Duration, verdict, bool) {
		if port%50 == 0 {
			return 700 * time.Millisecond, verdict{StateOpen, ReasonSynAck}, true // others teach a wait of 300 ms
		}
		return 20 * time.Millisecond, verdict{StateClosed, ReasonConnRefused}, true
	}
	s.run(time.Hour)
	if n := s.states(); n[StateOpen] != ports/50 || n[StateClosed] != ports-ports/50 {
		t.Errorf("verdicts are %v", n)
	}
	if st := s.sched.ledger(); st.Late == 0 || st.Late > ports/50 || st.Slowed > 0 {
		t.Errorf("the ledger is %+v", st)
	}
	for _, r := range s.results {
		if r.State == StateOpen && r.RTT != 700*time.Millisecond {
			t.Fatalf("the round trip of a late answer is %v: %+v", r.RTT, r)
		}
	}
}

// TestWindowRegrows has a machine that is short of something for a while: the
// window shrinks to what goes, and is as wide as before when that has passed.
func TestWindowRegrows(t *testing.T) {
	const most = 400
	s := newSimulation(t, 1, config{retries: 1, concurrency: most}, portsOf("tcp", 40000))
	least := most
	s.refuse = func() syscall.Errno {
		least = min(least, s.b.limit)
		if s.now < 300*time.Millisecond && len(s.flights) > 50 {
			return syscall.EMFILE
		}
		return 0
	}
	s.reply = func(*peer, uint16) (time.Duration, verdict, bool) {
		return 20 * time.Millisecond, verdict{StateClosed, ReasonConnRefused}, true
	}
	s.run(time.Hour)
	if n := s.states(); n[StateClosed] != 40000 {
		t.Errorf("verdicts are %v", n)
	}
	if least > 60 || s.b.limit != most {
		t.Errorf("the window went down to %d and back to %d, want 50 or so and %d", least, s.b.limit, most)
	}
}
