package schedule

import (
	"net/netip"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// both runs a test with each kind of engine.
func both(t *testing.T, test func(t *testing.T, kind engineKind)) {
	for _, kind := range engineKinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			test(t, kind)
		})
	}
}

// simulated is a network between the scanner and one host.
type simulated struct {
	name     string
	udp      bool
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
		{name: "plain", ports: 20000, within: 3 * time.Second},
		{name: "6% loss", ports: 20000, loss: 0.06, within: 5 * time.Second},
		{name: "30% loss", ports: 5000, loss: 0.3, within: 30 * time.Second},
		{name: "6% loss, most filtered", ports: 10000, loss: 0.06, filtered: func(p uint16) bool { return p%10 != 0 }, within: 20 * time.Second},
		{name: "all filtered", ports: 10000, filtered: func(uint16) bool { return true }, within: 4 * time.Second},
		{name: "100 RST/s", ports: 2000, limit: 100, burst: 5, within: 40 * time.Second},
		{name: "100 RST/s, half filtered", ports: 2000, limit: 100, burst: 5, filtered: func(p uint16) bool { return p%2 == 0 }, within: 400 * time.Second},
		{name: "1000 RST/s", ports: 10000, limit: 1000, burst: 50, within: 30 * time.Second},
		{name: "1 ICMP/s", udp: true, ports: 100, limit: 1, burst: 6, within: 200 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			both(t, func(t *testing.T, kind engineKind) {
				for seed := range uint64(5) {
					c.check(t, kind, seed)
				}
			})
		})
	}
}

// check scans the network and compares every verdict with the truth.
func (c *simulated) check(t *testing.T, kind engineKind, seed uint64) {
	s := newSimulation(t, kind, seed, Config{Retries: 1}, 8000, portsOf(c.udp, c.ports))
	tokens := bucket{perSecond: c.limit, burst: c.burst}
	s.reply = func(st Start) (time.Duration, answer, bool) {
		after := 20*time.Millisecond + time.Duration(s.rand.IntN(2000))*time.Microsecond
		truth, answers := c.truth(st.Port)
		switch {
		case s.rand.Float64() < c.loss, !answers:
			return 0, answer{}, false
		case truth.word == "closed" && c.limit > 0 && !tokens.take(s.now):
			return 0, answer{}, false
		}
		return after, truth, true
	}
	s.run(time.Hour)
	for _, v := range s.verdicts {
		want := "silent"
		if truth, answers := c.truth(v.Port); answers {
			want = truth.word
		}
		if got := wordOf(v); got != want {
			t.Errorf("seed %d: port %d is %v after %d attempts, want %v", seed, v.Port, got, v.Attempts, want)
		}
	}
	if len(s.verdicts) != c.ports {
		t.Errorf("seed %d: %d verdicts for %d targets", seed, len(s.verdicts), c.ports)
	}
	st := s.sched.Stats()
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
func (c *simulated) truth(port uint16) (a answer, answers bool) {
	switch {
	case !c.udp && port%97 == 3:
		return isOpen, true
	case c.filtered != nil && c.filtered(port):
		return answer{}, false
	case c.udp:
		return unreached, true
	}
	return isClosed, true
}

// TestRateIsExact counts attempts, retries included, over ten seconds.
func TestRateIsExact(t *testing.T) {
	for _, rate := range []float64{7, 100, 999, 3333.3, 40000} {
		n := min(int(rate*12), 65535)
		s := newSimulation(t, polled, 1, Config{Retries: 1, Rate: rate}, 8000, portsOf(false, n))
		s.reply = func(st Start) (time.Duration, answer, bool) {
			return 20 * time.Millisecond, isClosed, st.Port%3 != 0
		}
		s.run(time.Hour)
		if len(s.verdicts) != n {
			t.Errorf("rate %v: %d verdicts for %d targets", rate, len(s.verdicts), n)
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
	s := newSimulation(t, polled, 1, Config{Retries: 1, HostTimeout: limit, Rate: 1000}, 8000, portsOf(false, ports))
	inTime := 0
	s.reply = func(st Start) (time.Duration, answer, bool) {
		if st.Port%2 == 0 && s.now+after <= limit {
			inTime++
		}
		return after, isOpen, st.Port%2 == 0
	}
	s.run(time.Hour)
	n := s.words()
	if n["open"] != inTime || inTime < 200 || n["open"]+n["host timeout"]+n["silent"] != ports {
		t.Errorf("verdicts are %v, and %d answers came in time", n, inTime)
	}
	if st := s.sched.Stats(); st.TimedOut != int64(n["host timeout"]) || st.Unresolved != st.TimedOut {
		t.Errorf("%d timed out, but the stats are %+v", n["host timeout"], st)
	}
	if last := s.sent[len(s.sent)-1]; last > limit || s.now > limit+2*wheelTick {
		t.Errorf("the last attempt left at %v and the scan ended at %v, for a host timeout of %v", last, s.now, limit)
	}
}

// TestShortages lets this machine refuse in different ways: as long as it gives
// way at times, no verdict comes from it.
func TestShortages(t *testing.T) {
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
			both(t, func(t *testing.T, kind engineKind) {
				s := newSimulation(t, kind, 1, Config{Retries: 1}, 8000, portsOf(false, 3000))
				n := 0
				s.refuse = func() (Local, bool) {
					if !c.refuse(s) {
						return NotLocal, false
					}
					n++
					return Shortage, true
				}
				s.reply = func(Start) (time.Duration, answer, bool) { return 20 * time.Millisecond, isClosed, true }
				s.run(time.Hour)
				if got := s.words(); got["closed"] != 3000 {
					t.Errorf("verdicts are %v, want 3000 closed", got)
				}
				if st := s.sched.Stats(); st.LocalErrors != int64(n) || n == 0 {
					t.Errorf("%d local errors, but the stats say %d", n, st.LocalErrors)
				}
				t.Logf("%v, %d local errors, %d slots", s.now, n, s.w.limit)
			})
		})
	}
}

// TestShortageOfOne lets this machine refuse one port of many for some time,
// while the others get out: time counts, not how often it was tried meanwhile.
func TestShortageOfOne(t *testing.T) {
	for until, want := range map[time.Duration]string{localGiveUp - time.Second: "closed", time.Hour: "unasked"} {
		both(t, func(t *testing.T, kind engineKind) {
			s := newSimulation(t, kind, 1, Config{Retries: 1, Rate: 5000}, 8000, portsOf(false, 20_000))
			tried := 0
			s.refuseStart = func(st Start) (Local, bool) {
				refused := st.Port == 7 && s.now < until
				if refused {
					tried++
				}
				return Shortage, refused
			}
			s.reply = func(Start) (time.Duration, answer, bool) { return 20 * time.Millisecond, isClosed, true }
			s.run(time.Hour)
			for _, v := range s.verdicts {
				got := "closed"
				if v.Ending == Unasked {
					got = "unasked"
				}
				if expected := map[bool]string{true: want, false: "closed"}[v.Port == 7]; got != expected {
					t.Errorf("until %v: port %d is %s after %d tries", until, v.Port, got, tried)
				}
			}
			if len(s.verdicts) != 20_000 || s.now > time.Minute {
				t.Errorf("until %v: %d verdicts after %v", until, len(s.verdicts), s.now)
			}
		})
	}
}

// TestLocalErrorForGood has a machine that never gives way: the scan ends all
// the same, and says that it could not ask.
func TestLocalErrorForGood(t *testing.T) {
	for _, local := range []Local{Shortage, Denied, Failure} {
		s := newSimulation(t, polled, 1, Config{Retries: 1}, 8000, portsOf(false, 500))
		s.refuse = func() (Local, bool) { return local, true }
		s.run(time.Hour)
		if s.now > time.Minute || local == Failure && s.now > 50*time.Millisecond || len(s.verdicts) != 500 {
			t.Errorf("%v: %d verdicts after %v", local, len(s.verdicts), s.now)
		}
		for _, v := range s.verdicts {
			if v.Ending != Unasked || v.Evidence != "local" || v.Attempts < 1 {
				t.Fatalf("%v: got %+v", local, v)
			}
		}
	}
}

// TestManyHosts asks one port of very many dead addresses: memory follows what
// is in flight.
func TestManyHosts(t *testing.T) {
	var ts []Target
	for i := range 100_000 {
		ts = append(ts, Target{HostKey{Addr: addr(i)}, 80})
	}
	s := newSimulation(t, polled, 1, Config{}, 2000, ts)
	s.reply = func(st Start) (time.Duration, answer, bool) {
		return 20 * time.Millisecond, isOpen, st.Addr.As4()[3] == 7
	}
	s.run(time.Hour)
	if n := s.words(); n["open"] == 0 || n["open"]+n["silent"] != len(ts) {
		t.Errorf("verdicts are %v", n)
	}
	if n := len(s.sched.hosts.all); n > 2000+mostParked+idleHosts {
		t.Errorf("%d hosts are remembered", n)
	}
	if n := len(s.sched.probes.all); n > mostLive {
		t.Errorf("%d probes are remembered", n)
	}
}

// TestSparseRange asks a range with few hosts, as discovery does. None is missed, the
// few far ones neither, though what the near ones let expect ends the wait for the
// dead sooner.
func TestSparseRange(t *testing.T) {
	const addresses, alive, far, ports = 4096, 64, 40, 6
	discovery := Config{Sampling: true, Listen: true}
	for _, c := range []struct {
		name   string
		cfg    Config
		loss   float64
		far    time.Duration // round trip of a few hosts, the others have 20 ms
		within time.Duration
	}{
		{"no loss", discovery, 0, 20 * time.Millisecond, 2100 * time.Millisecond},
		{"as far as the others", discovery, 0.06, 20 * time.Millisecond, 7 * time.Second},
		{"the other side of the world", discovery, 0.06, 900 * time.Millisecond, 17 * time.Second},
		{"as far as the others, asked once", Config{}, 0.06, 20 * time.Millisecond, 2100 * time.Millisecond},
		{"much farther, asked once", Config{}, 0.06, 450 * time.Millisecond, 4 * time.Second},
		{"the other side of the world, asked once", Config{}, 0.06, 900 * time.Millisecond, 4500 * time.Millisecond},
	} {
		seeds := uint64(5)
		if c.cfg.Sampling && c.loss > 0 {
			seeds = 2 // they make many attempts
		}
		for seed := range seeds {
			s := newSimulation(t, polled, seed, c.cfg, 14000, nil)
			s.resend = true
			for _, i := range s.rand.Perm(addresses) {
				for port := range ports {
					s.targets = append(s.targets, Target{HostKey{Addr: addr(i)}, uint16(port + 1)})
				}
			}
			s.reply = func(st Start) (time.Duration, answer, bool) {
				last := int(st.Addr.As4()[2])<<8 | int(st.Addr.As4()[3])
				after := 20 * time.Millisecond
				if last%(addresses/alive) == 0 && last/(addresses/alive) >= far {
					after = c.far
				}
				after += time.Duration(s.rand.IntN(5000)) * time.Microsecond
				return after, isClosed, last%(addresses/alive) == 0 && s.rand.Float64() >= c.loss
			}
			s.run(time.Hour)
			found := make(map[netip.Addr]bool)
			for _, v := range s.verdicts {
				if v.Evidence == "closed" {
					found[v.Addr] = true
				}
			}
			t.Logf("%s, seed %d: %d hosts in %v, %d attempts", c.name, seed, len(found), s.settled, len(s.sent))
			if len(found) != alive || s.settled > c.within {
				t.Errorf("%s, seed %d: %d of %d hosts in %v, want all within %v", c.name, seed, len(found), alive, s.settled, c.within)
			}
		}
	}
}

// TestLimitedSamples looks for 32 addresses of one machine that sends an ICMP error a
// second. One of them drops TCP, so that an error is all that it answers.
func TestLimitedSamples(t *testing.T) {
	both(t, func(t *testing.T, kind engineKind) {
		for seed := range uint64(10) {
			s := newSimulation(t, kind, seed, Config{Sampling: true, Listen: true}, 4000, nil)
			for _, i := range s.rand.Perm(32) {
				for port := range uint16(6) {
					s.targets = append(s.targets, Target{HostKey{Addr: addr(i)}, port + 1})
				}
				s.targets = append(s.targets, Target{HostKey{Addr: addr(i), UDP: true}, 53})
			}
			tokens := bucket{perSecond: 1, burst: 6}
			s.reply = func(st Start) (time.Duration, answer, bool) {
				if st.Kind == SocketUDP4 {
					return 10 * time.Millisecond, unreached, tokens.take(s.now)
				}
				return 10 * time.Millisecond, isClosed, st.Addr.As4()[3] != 10
			}
			s.run(time.Hour)
			found := make(map[netip.Addr]bool)
			for _, v := range s.verdicts {
				if v.Ending == Conclusive {
					found[v.Addr] = true
				}
			}
			if len(found) != 32 || s.settled > 6*time.Second {
				t.Errorf("seed %d: %d of 32 addresses answered within %v", seed, len(found), s.settled)
			}
		}
	})
}

// TestLateAnswers has answers that come when their attempt was given up, and
// even when its probe has been asked again: they count, once.
func TestLateAnswers(t *testing.T) {
	const ports = 3000
	s := newSimulation(t, polled, 1, Config{Retries: 1}, 8000, portsOf(false, ports))
	s.reply = func(st Start) (time.Duration, answer, bool) {
		if st.Port%50 == 0 {
			return 700 * time.Millisecond, isOpen, true // others teach a wait of 300 ms
		}
		return 20 * time.Millisecond, isClosed, true
	}
	s.run(time.Hour)
	if n := s.words(); n["open"] != ports/50 || n["closed"] != ports-ports/50 {
		t.Errorf("verdicts are %v", n)
	}
	if st := s.sched.Stats(); st.Late == 0 || st.Late > ports/50 || st.Slowed > 0 {
		t.Errorf("the stats are %+v", st)
	}
	for _, r := range s.verdicts {
		if r.Evidence == "open" && r.RTT != 700*time.Millisecond {
			t.Fatalf("the round trip of a late answer is %v: %+v", r.RTT, r)
		}
	}
}

// TestSlotsRegrow has a machine that is short of something for a while: their
// number shrinks to what goes, and is what it was before when that has passed.
func TestSlotsRegrow(t *testing.T) {
	const most = 400
	s := newSimulation(t, polled, 1, Config{Retries: 1}, most, portsOf(false, 40000))
	least := most
	s.refuse = func() (Local, bool) {
		least = min(least, s.w.limit)
		return Shortage, s.now < 300*time.Millisecond && len(s.flights) > 50
	}
	s.reply = func(Start) (time.Duration, answer, bool) {
		return 20 * time.Millisecond, isClosed, true
	}
	s.run(time.Hour)
	if n := s.words(); n["closed"] != 40000 {
		t.Errorf("verdicts are %v", n)
	}
	if least > 60 || s.w.limit != most {
		t.Errorf("the slots went down to %d and back to %d, want 50 or so and %d", least, s.w.limit, most)
	}
}

// TestFullTimeout has ports that answer much later than the others of their host: each
// is found as long as a timeout allows it, by a single attempt, too.
func TestFullTimeout(t *testing.T) {
	for _, retries := range []int{0, 1, 3} {
		both(t, func(t *testing.T, kind engineKind) {
			s := newSimulation(t, kind, 1, Config{Retries: retries, Timeout: 10 * time.Second, FullTimeout: true}, 8000, portsOf(false, 3000))
			s.reply = func(st Start) (time.Duration, answer, bool) {
				switch {
				case st.Port%100 == 0:
					return 9 * time.Second, isOpen, true
				case st.Port%100 == 1:
					return 0, answer{}, false
				}
				return 20 * time.Millisecond, isClosed, true
			}
			s.run(time.Hour)
			if n := s.words(); n["open"] != 30 || n["silent"] != 30 || n["closed"] != 2940 {
				t.Errorf("%d retries: verdicts are %v", retries, n)
			}
			if s.now < 10*time.Second || s.now > 20*time.Second {
				t.Errorf("%d retries: took %v", retries, s.now)
			}
		})
	}
}

// TestManyRetries holds that as many attempts are made as were asked for.
func TestManyRetries(t *testing.T) {
	for _, retries := range []int{0, 1, 249, 255, 256, 999} {
		s := newSimulation(t, polled, 1, Config{Retries: retries}, 8000, []Target{{HostKey{Addr: netip.MustParseAddr("127.0.0.1")}, 1}})
		s.reply = func(Start) (time.Duration, answer, bool) { return 0, answer{}, false }
		s.run(time.Hour)
		if len(s.verdicts) != 1 || s.verdicts[0].Attempts != retries+1 {
			t.Errorf("%d retries: %+v", retries, s.verdicts)
		}
	}
}
