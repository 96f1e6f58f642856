package schedule

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// uplink is a line that all attempts share: it takes so many packets a second,
// keeps those that wait in a queue, and drops what does not fit.
type uplink struct {
	perSecond float64
	queue     time.Duration
	free      time.Duration // when the line is free again
	dropped   int
}

// send is how long a packet waits, or false if it is dropped.
func (u *uplink) send(now time.Duration) (wait time.Duration, ok bool) {
	u.free = max(u.free, now)
	if u.free-now > u.queue {
		u.dropped++
		return 0, false
	}
	u.free += time.Duration(float64(time.Second) / u.perSecond)
	return u.free - now, true
}

// hostsOf is ports 1 to n of the first hosts: those of a host one after the other
// if it has few, else all in a random order.
func hostsOf(r *rand.Rand, hosts, n int) []Target {
	var ts []Target
	for _, i := range r.Perm(hosts) {
		for port := range n {
			ts = append(ts, Target{HostKey{Addr: addr(i)}, uint16(port + 1)})
		}
	}
	if n > 10 {
		r.Shuffle(len(ts), func(i, j int) { ts[i], ts[j] = ts[j], ts[i] })
	}
	return ts
}

// TestUplink scans across a line that is slower than the scanner could be. Nobody
// is lost, and the line is used.
//
// The kernel repeats a SYN after a second. What is asked of an address once is so
// asked twice, and takes twice as much of the line, unless it is given up before.
func TestUplink(t *testing.T) {
	for _, c := range []struct {
		name                string
		perSecond           float64
		queue               time.Duration
		hosts, alive, ports int
		retries             int
		within              float64 // times what the packets alone take
		least               int     // of the live hosts, or of their open ports
		scan                bool    // all hosts live, 5 open ports each
		brief               bool    // too few attempts to tell the rate of the line
		seeds               uint64  // 0 for 5
	}{
		{name: "discovery, 6 ports", perSecond: 2000, queue: time.Second, hosts: 4000, alive: 100, ports: 6, within: 2.2, least: 99, seeds: 12},
		{name: "discovery, 1 port", perSecond: 2000, queue: time.Second, hosts: 4000, alive: 100, ports: 1, retries: 1, within: 6, least: 99},
		{name: "discovery, a short queue", perSecond: 2000, queue: 100 * time.Millisecond, hosts: 4096, alive: 100, ports: 6, within: 2.2, least: 99, seeds: 20},
		{name: "slow line, 6 ports", perSecond: 200, queue: time.Second, hosts: 250, alive: 25, ports: 6, within: 2.7, least: 25, brief: true, seeds: 20},
		{name: "slow line, 13 ports", perSecond: 200, queue: time.Second, hosts: 256, alive: 16, ports: 13, within: 2, least: 16, brief: true},
		{name: "slow line, 1 port", perSecond: 200, queue: time.Second, hosts: 256, alive: 16, ports: 1, retries: 1, within: 14, least: 16, brief: true, seeds: 20},
		{name: "scan proper", perSecond: 2000, queue: time.Second, hosts: 50, ports: 1000, retries: 1, within: 2, least: 250, scan: true},
		{name: "slow line, scan proper", perSecond: 200, queue: time.Second, hosts: 50, ports: 100, retries: 1, within: 3.5, least: 50, scan: true},
		{name: "scan proper, a short queue", perSecond: 2000, queue: 100 * time.Millisecond, hosts: 50, ports: 1000, retries: 1, within: 2, least: 250, scan: true, seeds: 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			both(t, func(t *testing.T, kind engineKind) {
				for seed := range cmp.Or(c.seeds, 5) {
					r := rand.New(rand.NewPCG(seed, 9))
					targets := hostsOf(r, c.hosts, c.ports)
					s := newSimulation(t, kind, seed, Config{Retries: c.retries, Sampling: c.retries == 0, Listen: c.retries == 0}, 14000, targets)
					s.resend = true
					line := uplink{perSecond: c.perSecond, queue: c.queue}
					s.reply = func(st Start) (time.Duration, answer, bool) {
						wait, ok := line.send(s.now)
						if !ok {
							return 0, answer{}, false
						}
						after := wait + 20*time.Millisecond + time.Duration(s.rand.IntN(2000))*time.Microsecond
						last := int(st.Addr.As4()[2])<<8 | int(st.Addr.As4()[3])
						switch {
						case c.scan && st.Port%200 == 7:
							line.send(s.now) // the handshake's end and its reset
							line.send(s.now)
							return after, isOpen, true
						case c.scan || last%(c.hosts/c.alive) == 0 && last/(c.hosts/c.alive) < c.alive:
							return after, isClosed, true
						}
						return 0, answer{}, false
					}
					s.run(time.Hour)
					found := make(map[string]bool)
					silent := 0
					for _, v := range s.verdicts {
						switch {
						case c.scan && v.Evidence == "open":
							found[fmt.Sprint(v.Target)] = true
						case !c.scan && v.Evidence == "closed":
							found[v.Addr.String()] = true
						case v.Ending == Silent:
							silent++
						}
					}
					if rate := s.sched.Stats().PathRate; !c.brief && (rate < c.perSecond*0.5 || rate > c.perSecond*1.3) {
						t.Errorf("seed %d: the path is said to take %.0f attempts a second", seed, rate)
					}
					ideal := float64(len(targets)) / c.perSecond
					t.Logf("seed %d: %d found, %d silent, %d dropped, %d attempts, %v (%.1f s at least)", seed, len(found), silent, line.dropped, len(s.sent), s.now, ideal)
					if len(found) < c.least || s.now.Seconds() > c.within*ideal {
						t.Errorf("seed %d: %d found in %v, want %d within %.1f s", seed, len(found), s.now, c.least, c.within*ideal)
					}
				}
			})
		})
	}
}

// TestLossyRange asks one port of hosts that drop all others, across a path that
// loses a tenth each way. All are found, and those that do not exist cost no more
// attempts than the loss makes worth.
func TestLossyRange(t *testing.T) {
	for _, c := range []struct {
		name         string
		cfg          Config
		alive, ports int
	}{
		{"one port", Config{Retries: 1}, 128, 1},
		{"one port, few alive", Config{Retries: 1}, 1024, 1},
		{"samples", Config{Sampling: true}, 128, 6},
	} {
		t.Run(c.name, func(t *testing.T) {
			both(t, func(t *testing.T, kind engineKind) {
				for seed := range uint64(10) {
					s := newSimulation(t, kind, seed, c.cfg, 14000, nil)
					s.targets = hostsOf(s.rand, c.alive, c.ports)
					s.reply = func(st Start) (time.Duration, answer, bool) {
						after := 10*time.Millisecond + time.Duration(s.rand.IntN(2000))*time.Microsecond
						there := c.alive == 128 || st.Addr.As4()[3]%8 == 0
						return after, isOpen, there && st.Port == 1 && s.rand.Float64() > 0.19
					}
					s.run(time.Hour)
					if n := s.words(); n["open"] != 128 {
						t.Errorf("seed %d: %v, want 128 open", seed, n)
					}
					t.Logf("seed %d: %v, %d attempts, loss %.3f", seed, s.now, len(s.sent), s.sched.Stats().Loss)
				}
			})
		})
	}
}
