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
