package schedule

import (
	"net/netip"
	"testing"
	"time"
)

// TestListen has hosts of a range that answer long after they were taken to be
// silent. Each is told of once more, and so as late; the scan ends when the last
// attempt was listened to for all of the timeout.
func TestListen(t *testing.T) {
	const near, far, dead = 50, 20, 500
	both(t, func(t *testing.T, kind engineKind) {
		s := newSimulation(t, kind, 1, Config{Sampling: true, Listen: true}, 4000, nil)
		s.targets = hostsOf(s.rand, near+far+dead, 1)
		s.reply = func(st Start) (time.Duration, answer, bool) {
			switch last := int(st.Addr.As4()[2])<<8 | int(st.Addr.As4()[3]); {
			case last < near:
				return 20 * time.Millisecond, isClosed, true
			case last < near+far:
				return 1900 * time.Millisecond, isOpen, true
			}
			return 0, answer{}, false
		}
		s.run(time.Hour)
		n, late := make(map[string]int), 0
		told := make(map[netip.Addr]bool)
		for _, v := range s.verdicts {
			if v.Late && told[v.Addr] {
				continue // another attempt at the same port was answered, too
			}
			n[wordOf(v)]++
			if v.Late {
				told[v.Addr] = true
				late++
			}
			if v.Late && (wordOf(v) != "open" || v.RTT < 1900*time.Millisecond) {
				t.Errorf("late: %+v", v)
			}
		}
		if n["closed"] != near || n["open"] != far || n["silent"] != dead+late {
			t.Errorf("%v, and %d of them late", n, late)
		}
		if kind == polled && (late != far || s.settled > 1800*time.Millisecond) {
			t.Errorf("%v, %d of them late, and all had a verdict after %v", n, late, s.settled)
		}
		if s.sched.late != 0 || s.now < 2*time.Second {
			t.Errorf("it ended after %v with %d attempts that listen", s.now, s.sched.late)
		}
	})
}

// TestListenStolen has too few slots to listen for long: those that wait longest give
// theirs to fresh attempts, and every target has its verdict.
func TestListenStolen(t *testing.T) {
	both(t, func(t *testing.T, kind engineKind) {
		s := newSimulation(t, kind, 1, Config{Sampling: true, Listen: true}, 100, nil)
		s.targets = hostsOf(s.rand, 3000, 1)
		s.reply = func(st Start) (time.Duration, answer, bool) {
			return 20 * time.Millisecond, isClosed, st.Addr.As4()[3]%8 == 0
		}
		s.run(time.Hour)
		if n := s.words(); n["closed"]+n["silent"] != 3000 || n["closed"] < 3000/8 {
			t.Errorf("verdicts are %v", n)
		}
		if s.sched.late != 0 {
			t.Errorf("%d attempts listen after the end", s.sched.late)
		}
	})
}
