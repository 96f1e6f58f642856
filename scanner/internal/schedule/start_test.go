package schedule

import (
	"testing"
	"time"
)

// TestStart has everything answered after 20 ms, by one host and by many. The scan
// takes little longer than its attempts alone, and a second one over the same path
// hardly any.
func TestStart(t *testing.T) {
	const roundTrip, ports = 20 * time.Millisecond, 20000
	for _, hosts := range []int{1, 250} {
		both(t, func(t *testing.T, kind engineKind) {
			var known Learned
			for _, rounds := range []time.Duration{6, 3} {
				s := newSimulation(t, kind, 1, Config{Retries: 1, Learned: known}, 14000, nil)
				s.targets = hostsOf(s.rand, hosts, ports/hosts)
				s.reply = func(Start) (time.Duration, answer, bool) { return roundTrip, isClosed, true }
				s.run(time.Hour)
				busy := time.Duration(ports/64) * 500 * time.Microsecond
				t.Logf("%d hosts: %v, of which %v to make the attempts", hosts, s.settled, busy)
				if kind == polled && s.settled > busy+rounds*roundTrip {
					t.Errorf("%d hosts: it took %v, and the attempts alone %v", hosts, s.settled, busy)
				}
				known = s.sched.Learned()
			}
		})
	}
}

// TestStall has answers held up now and then, as a busy machine on the way does, and
// nearly all at once after that. That is no queue, so the window is not cut for it.
func TestStall(t *testing.T) {
	const roundTrip, every, stall = 20 * time.Millisecond, 250 * time.Millisecond, 60 * time.Millisecond
	both(t, func(t *testing.T, kind engineKind) {
		s := newSimulation(t, kind, 1, Config{Retries: 1}, 14000, nil)
		s.targets = hostsOf(s.rand, 250, 400)
		s.reply = func(Start) (time.Duration, answer, bool) {
			after := roundTrip
			if since := (s.now + roundTrip) % every; since < stall {
				after += (stall - since) * 49 / 50 // in their order
			}
			return after, isClosed, true
		}
		s.run(time.Hour)
		if s.sched.path.limits() {
			t.Errorf("the path is taken for the limit; its window is %.0f", s.sched.path.size)
		}
	})
}

// TestStartSilent asks a host of which one port in a hundred answers, after 20 ms. The
// others stay silent; they are asked no more slowly once it is known how near the host is.
func TestStartSilent(t *testing.T) {
	const roundTrip, ports = 20 * time.Millisecond, 8000
	both(t, func(t *testing.T, kind engineKind) {
		s := newSimulation(t, kind, 1, Config{Retries: 1}, 14000, nil)
		s.targets = hostsOf(s.rand, 1, ports)
		s.reply = func(st Start) (time.Duration, answer, bool) { return roundTrip, isClosed, st.Port%100 == 0 }
		s.run(time.Hour)
		if last := s.sent[ports-1]; last > 12*roundTrip {
			t.Errorf("%d attempts took %v to leave, want %v at most", ports, last, 12*roundTrip)
		}
	})
}
