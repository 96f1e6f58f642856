package schedule

import (
	"net/netip"
	"testing"
	"time"
)

// TestUnresolved scans a link of which the kernel's neighbour table holds a part: no
// attempt may find it full, and nobody who answers is missed.
func TestUnresolved(t *testing.T) {
	both(t, func(t *testing.T, kind engineKind) {
		const hosts, room, keeps = 4000, 512, 3 * time.Second
		var targets []Target
		for i := range hosts {
			targets = append(targets, Target{HostKey{Addr: addr(i)}, 22})
		}
		cfg := Config{Retries: 1, OnLink: func(netip.Addr) bool { return true }, Unresolved: Unresolved{Most: room, Wait: keeps}}
		s := newSimulation(t, kind, 1, cfg, 8000, targets)
		table := make(map[netip.Addr]time.Duration) // until when an entry is held
		full := 0
		s.reply = func(st Start) (time.Duration, answer, bool) {
			if table[st.Addr] <= s.now {
				held := 0
				for _, until := range table {
					if until > s.now {
						held++
					}
				}
				if held >= room {
					full++
					return 0, answer{}, false
				}
				table[st.Addr] = s.now + keeps
			}
			if st.Addr.As4()[3]%100 == 0 {
				delete(table, st.Addr)
				return time.Millisecond, isOpen, true
			}
			return 0, answer{}, false
		}
		s.run(time.Hour)
		open, want := s.words()["open"], 0
		for i := range hosts {
			if addr(i).As4()[3]%100 == 0 {
				want++
			}
		}
		t.Logf("%d of %d open in %v", open, want, s.now)
		if full > 0 || open != want || len(s.verdicts) != hosts {
			t.Errorf("%d attempts met a full table; %d of %d open; %d verdicts", full, open, want, len(s.verdicts))
		}
	})
}
