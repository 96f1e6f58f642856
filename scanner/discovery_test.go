package scanner

import (
	"context"
	"iter"
	"net/netip"
	"testing"
)

func TestDiscover(t *testing.T) {
	const hosts = 2000
	s := &Scanner{engine: scripted(func(t Target) verdict {
		switch last := t.Addr.Addr().As4()[3]; {
		case last == 1 && t.Addr.Port() == 22:
			return verdict{StateOpen, ReasonSynAck}
		case last == 2:
			return verdict{StateClosed, ReasonConnRefused}
		case last == 3 && t.Addr.Port() == 80:
			return verdict{StateFiltered, ReasonHostUnreach}
		case last == 4 && t.Addr.Port() == 25:
			return verdict{StateFiltered, ReasonAdminProhibited}
		case last == 5:
			return verdict{StateUnknown, ReasonLocalLimit}
		}
		return verdict{StateFiltered, ReasonNoResponse}
	})}
	seen := make(map[netip.Addr]bool)
	for p, err := range s.Discover(context.Background(), addressesOf(t, countedHosts(hosts))) {
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

// addressesOf is every address of hosts, in the order of a plan.
func addressesOf(t *testing.T, hosts Hosts) iter.Seq2[string, netip.Addr] {
	t.Helper()
	p, err := NewPlan(PlanConfig{Hosts: hosts, TCP: []uint16{1}, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	return addressesIn(p)
}

// addressesIn is the addresses of a plan of one port, in its order.
func addressesIn(p *Plan) iter.Seq2[string, netip.Addr] {
	return func(yield func(string, netip.Addr) bool) {
		for a := range p.Targets(0) {
			if !yield(a.Host, a.Addr.Addr()) {
				return
			}
		}
	}
}
