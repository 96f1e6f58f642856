package schedule

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"
)

// TestDistant has hosts that are much farther away than the others: 0.3 to 1.9 s. Where
// a few near ones have answered, that looks like a queue. Each is found, and none of
// their ports is silent.
func TestDistant(t *testing.T) {
	for _, c := range []struct {
		near, far, hosts, ports int
		cfg                     Config
	}{
		{1, 10, 64, 8, Config{Sampling: true, Listen: true}},
		{5, 2, 64, 8, Config{Sampling: true, Listen: true}},
		{5, 10, 128, 8, Config{Sampling: true, Listen: true}},
		{0, 3, 3, 100, Config{Retries: 1}},
		{1, 3, 4, 100, Config{Retries: 1}},
		{5, 10, 15, 1000, Config{Retries: 1}},
	} {
		t.Run(fmt.Sprint(c.near, c.far, c.hosts, c.ports), func(t *testing.T) {
			both(t, func(t *testing.T, kind engineKind) {
				for seed := range uint64(10) {
					s := newSimulation(t, kind, seed, c.cfg, 14000, nil)
					s.resend = true
					s.targets = hostsOf(s.rand, c.hosts, c.ports)
					r := rand.New(rand.NewPCG(seed, 77))
					farther := make([]time.Duration, c.far)
					for i := range farther {
						farther[i] = time.Duration(280+r.IntN(1600)) * time.Millisecond
					}
					s.reply = func(st Start) (time.Duration, answer, bool) {
						i := int(st.Addr.As4()[3])
						if i >= c.near+c.far {
							return 0, answer{}, false
						}
						after := 20*time.Millisecond + time.Duration(s.rand.IntN(2000))*time.Microsecond
						if i >= c.near {
							after += farther[i-c.near]
						}
						return after, isClosed, true
					}
					s.run(time.Hour)
					found, closed := make(map[netip.Addr]bool), 0
					for _, v := range s.verdicts {
						if v.Evidence == "closed" {
							found[v.Addr] = true
							closed++
						}
					}
					if len(found) != c.near+c.far || !c.cfg.Sampling && closed != c.hosts*c.ports {
						t.Errorf("seed %d: %d hosts are found, want %d; %d ports answered", seed, len(found), c.near+c.far, closed)
					}
				}
			})
		})
	}
}

// TestDistantRange looks for hosts in ranges so large that slots are used again. Some
// are 0.3 to 1.9 s away. Next to all are found; those that were
// asked before the first of them answered may be lost.
func TestDistantRange(t *testing.T) {
	for _, c := range []struct{ hosts, near, far, lost int }{{4096, 5, 620, 3}, {4096, 20, 50, 1}, {16384, 50, 1000, 3}, {16384, 500, 20, 6}} {
		t.Run(fmt.Sprint(c.hosts, c.near, c.far), func(t *testing.T) {
			both(t, func(t *testing.T, kind engineKind) {
				for seed := range uint64(2) {
					s := newSimulation(t, kind, seed, Config{Sampling: true, Listen: true}, 14000, nil)
					s.resend = true
					s.targets = hostsOf(s.rand, c.hosts, 8)
					r := rand.New(rand.NewPCG(seed, 77))
					away := make(map[netip.Addr]time.Duration)
					for i, k := range r.Perm(c.hosts)[:c.near+c.far] {
						away[addr(k)] = 20 * time.Millisecond
						if i >= c.near {
							away[addr(k)] = time.Duration(300+r.IntN(1600)) * time.Millisecond
						}
					}
					s.reply = func(st Start) (time.Duration, answer, bool) {
						after, ok := away[st.Addr]
						return after + time.Duration(s.rand.IntN(2000))*time.Microsecond, isClosed, ok
					}
					s.run(time.Hour)
					found := make(map[netip.Addr]bool)
					for _, v := range s.verdicts {
						if v.Evidence == "closed" {
							found[v.Addr] = true
						}
					}
					t.Logf("seed %d: %d found in %v", seed, len(found), s.now)
					if lost := len(away) - len(found); lost > c.lost {
						t.Errorf("seed %d: %d of %d hosts are lost", seed, lost, len(away))
					}
				}
			})
		})
	}
}

// TestOvertaken has one host answer long after the others. If no later attempt was
// answered before, a queue may have held the answer up, and the path begins anew with
// a small window. If one was, the host is far away: a queue keeps the order.
func TestOvertaken(t *testing.T) {
	for _, overtaken := range []bool{false, true} {
		p := newPath()
		near, far := rtt{}, rtt{}
		answer := func(h *rtt, sent, took time.Duration) {
			h.sample(took, hostsToTrust)
			p.answered(sent+took, sent, h)
		}
		answer(&near, time.Millisecond, 20*time.Millisecond)
		if overtaken {
			later := rtt{}
			answer(&later, 3*time.Millisecond, 20*time.Millisecond)
		}
		answer(&far, 2*time.Millisecond, time.Second)
		p.restartSmall(2 * time.Second)
		if small := p.size == cautiousWindow; small == overtaken {
			t.Errorf("overtaken %v: the window is %v", overtaken, p.size)
		}
	}
}
