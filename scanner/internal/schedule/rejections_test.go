package schedule

import (
	"testing"
	"time"
)

var isRejected = answer{"rejected", FromPath}

// TestRejections has firewalls reject by port, by rate, and by both. No open port
// is taken for a rejected one, and a firewall that rejects by port costs little.
func TestRejections(t *testing.T) {
	for _, c := range []struct {
		name   string
		ports  int
		limit  float64 // connections per second; 0 for no limit
		byPort func(port uint16) bool
		within time.Duration
	}{
		{"5 a second", 100, 5, nil, 60 * time.Second},
		{"1 a second", 40, 1, nil, 120 * time.Second},
		{"50 a second", 2000, 50, nil, 120 * time.Second},
		{"all but two ports", 1000, 0, func(p uint16) bool { return p != 22 && p != 80 }, 3 * time.Second},
		{"half of the ports", 20000, 0, func(p uint16) bool { return p%2 == 0 }, 5 * time.Second},
		{"everything", 20000, 0, func(uint16) bool { return true }, 3 * time.Second},
		{"by rate, and some ports", 100, 5, func(p uint16) bool { return p > 90 }, 200 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			both(t, func(t *testing.T, kind engineKind) {
				for seed := range uint64(5) {
					s := newSimulation(t, kind, seed, Config{Retries: 1}, 8000, portsOf(false, c.ports))
					tokens := bucket{perSecond: c.limit, burst: 5}
					truth := func(port uint16) answer {
						switch {
						case c.byPort != nil && c.byPort(port):
							return isRejected
						case port == 22 || port == 80:
							return isOpen
						}
						return isClosed
					}
					s.reply = func(st Start) (time.Duration, answer, bool) {
						after := 20*time.Millisecond + time.Duration(s.rand.IntN(2000))*time.Microsecond
						if c.limit > 0 && !tokens.take(s.now) {
							return after, isRejected, true
						}
						return after, truth(st.Port), true
					}
					s.run(time.Hour)
					if len(s.verdicts) != c.ports {
						t.Fatalf("seed %d: %d verdicts for %d ports", seed, len(s.verdicts), c.ports)
					}
					for _, v := range s.verdicts {
						if want := truth(v.Port).word; wordOf(v) != want {
							t.Errorf("seed %d: port %d is %s after %d attempts, want %s", seed, v.Port, wordOf(v), v.Attempts, want)
						}
					}
					t.Logf("seed %d: %v, %d attempts", seed, s.now, len(s.sent))
					if s.now > c.within {
						t.Errorf("seed %d: took %v", seed, s.now)
					}
				}
			})
		})
	}
}

// TestLateRejections has rejections come late, after their ports were asked again or
// wait to be, between answers and silence. Every port has its verdict once.
func TestLateRejections(t *testing.T) {
	both(t, func(t *testing.T, kind engineKind) {
		for seed := range uint64(200) {
			s := newSimulation(t, kind, seed, Config{Retries: 1}, 300, portsOf(false, 60))
			rejects, silent, slow := 0.8*s.rand.Float64(), 0.5*s.rand.Float64(), 0.5*s.rand.Float64()
			tokens := bucket{perSecond: 5, burst: 5}
			byRate := seed%2 == 0
			s.reply = func(st Start) (time.Duration, answer, bool) {
				after := time.Duration(s.rand.IntN(20)) * time.Millisecond
				if s.rand.Float64() < slow {
					after += time.Duration(s.rand.IntN(1800)) * time.Millisecond
				}
				switch {
				case s.rand.Float64() < silent:
					return 0, answer{}, false
				case byRate && !tokens.take(s.now), !byRate && s.rand.Float64() < rejects:
					return after, isRejected, true
				}
				return after, isClosed, true
			}
			s.run(time.Hour)
			once := make(map[uint16]bool)
			for _, v := range s.verdicts {
				if once[v.Port] {
					t.Errorf("seed %d: port %d has two verdicts", seed, v.Port)
				}
				once[v.Port] = true
			}
			if len(once) != 60 {
				t.Errorf("seed %d: %d verdicts for 60 ports", seed, len(once))
			}
		}
	})
}

// TestLimitedRejections has a firewall reject by port, but no more than one attempt a
// second, as Linux limits its ICMP errors: silence after a rejection takes nothing back.
func TestLimitedRejections(t *testing.T) {
	both(t, func(t *testing.T, kind engineKind) {
		for seed := range uint64(20) {
			s := newSimulation(t, kind, seed, Config{Retries: 1}, 300, portsOf(false, 60))
			tokens := bucket{perSecond: 1, burst: 6}
			rejected := make(map[uint16]bool)
			s.reply = func(st Start) (time.Duration, answer, bool) {
				after := time.Duration(s.rand.IntN(20)) * time.Millisecond
				switch {
				case st.Port%3 == 0:
					return after, isClosed, true
				case tokens.take(s.now):
					rejected[st.Port] = true
					return after, isRejected, true
				}
				return 0, answer{}, false
			}
			s.run(time.Hour)
			for _, v := range s.verdicts {
				want := "silent"
				switch {
				case v.Port%3 == 0:
					want = isClosed.word
				case rejected[v.Port]:
					want = isRejected.word
				}
				if got := wordOf(v); got != want {
					t.Errorf("seed %d: port %d is %s after %d attempts, want %s", seed, v.Port, got, v.Attempts, want)
				}
			}
		}
	})
}

// TestRejectionsLocalErrors has this machine refuse attempts while rejections are tested,
// for a while and for good: by a link that goes down in the middle, as one. Every port has
// its verdict. A test that could not leave once held its host back for ever.
func TestRejectionsLocalErrors(t *testing.T) {
	for _, local := range []Local{Shortage, Denied, Failure} {
		both(t, func(t *testing.T, kind engineKind) {
			for seed := range uint64(20) {
				s := newSimulation(t, kind, seed, Config{Retries: 1}, 300, portsOf(false, 400))
				s.reply = func(st Start) (time.Duration, answer, bool) {
					after := time.Duration(s.rand.IntN(20)) * time.Millisecond
					switch {
					case st.Port%10 == 0:
						return after, isClosed, true
					case st.Port%2 == 0:
						return after, isRejected, true
					}
					return 0, answer{}, false
				}
				from := time.Duration(100+s.rand.IntN(1500)) * time.Millisecond
				until := from + time.Duration(s.rand.IntN(1000))*time.Millisecond
				s.refuse = func() (Local, bool) {
					return local, s.now >= from && (local == Failure || s.now < until)
				}
				s.run(time.Hour)
				if len(s.verdicts) != 400 || s.now > time.Minute {
					t.Errorf("%v, seed %d: %d verdicts for 400 ports after %v", local, seed, len(s.verdicts), s.now)
				}
			}
		})
	}
}
