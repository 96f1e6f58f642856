package scanner

import (
	"context"
	"net/netip"
	"testing"
)

func TestDiscover(t *testing.T) {
	const hosts = 2000
	s := &Scanner{engine: scripted(func(t Target) verdict {
		switch last := t.Addr.Addr().As4()[3]; {
		case last == 1 && t.Addr.Port() == 22:
			return verdict{Open, SynAck}
		case last == 2:
			return verdict{Closed, ConnRefused}
		case last == 3 && t.Addr.Port() == 80:
			return verdict{Filtered, HostUnreach}
		case last == 4 && t.Addr.Port() == 25:
			return verdict{Filtered, AdminProhibited}
		case last == 5:
			return verdict{Unknown, LocalLimit}
		}
		return verdict{Filtered, NoResponse}
	})}
	seen := make(map[netip.Addr]bool)
	for p, err := range s.Discover(context.Background(), countedHosts(hosts), 7) {
		if err != nil {
			t.Fatal(err)
		}
		if seen[p.Addr] {
			t.Errorf("%v was yielded twice", p.Addr)
		}
		seen[p.Addr] = true
		last := p.Addr.As4()[3]
		if want := last == 1 || last == 2 || last == 4 || last == 5; p.Alive != want {
			t.Errorf("%v: alive is %v by %v, want %v", p.Addr, p.Alive, p.Evidence.Reason, want)
		}
	}
	if len(seen) != hosts {
		t.Errorf("%d addresses were yielded, want %d", len(seen), hosts)
	}
}
