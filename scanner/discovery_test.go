package scanner

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

func TestDiscover(t *testing.T) {
	const hosts = 2000
	s := &Scanner{methods: noMethods(), Timeout: 50 * time.Millisecond, engine: scripted(func(t Target) verdict {
		switch last := t.Addr.Addr().As4()[3]; {
		case last == 1 && t.Addr.Port() == 22:
			return verdict{StateOpen, ReasonSynAck}
		case last == 2:
			return verdict{StateClosed, ReasonConnRefused}
		case last == 3 && t.Addr.Port() == 80, last == 6 && t.Addr.Port() == 443:
			return verdict{StateFiltered, ReasonHostUnreach}
		case last == 6 && t.Addr.Port() == 25: // after 443 was called unreachable
			return verdict{StateOpen, ReasonSynAck}
		case last == 4 && t.Addr.Port() == 25:
			return verdict{StateFiltered, ReasonAdminProhibited}
		case last == 5:
			return verdict{StateUnknown, ReasonLocalLimit}
		}
		return verdict{StateFiltered, ReasonNoResponse}
	})}
	seen := make(map[netip.Addr]bool)
	for p, err := range s.Discover(context.Background(), Discovery{TCP: DiscoveryPorts()}, addressesOf(t, countedHosts(hosts))) {
		if err != nil {
			t.Fatal(err)
		}
		if seen[p.Addr] {
			t.Errorf("%v was yielded twice", p.Addr)
		}
		seen[p.Addr] = true
		last := p.Addr.As4()[3]
		if want := last == 1 || last == 2 || last >= 4 && last <= 6; p.Alive != want {
			t.Errorf("%v: alive is %v by %v, want %v", p.Addr, p.Alive, p.Evidence.Reason, want)
		}
	}
	if len(seen) != hosts {
		t.Errorf("%d addresses were yielded, want %d", len(seen), hosts)
	}
}

// noMethods leaves discovery with ports alone.
func noMethods() *discoveryMethods { return methodsOf(noEcho{}, noNeighbours{}) }

func methodsOf(e echoer, n neighbourTable) *discoveryMethods {
	return &discoveryMethods{func(float64) (echoer, error) { return e, nil }, func() neighbourTable { return n }}
}

// fakeEcho is asked for every address, and answered for some.
type fakeEcho struct {
	noEcho
	answers func(nth int, a netip.Addr) bool
	asked   map[netip.Addr]int
	reply   chan echoReply
}

func newFakeEcho(answers func(int, netip.Addr) bool) *fakeEcho {
	return &fakeEcho{answers: answers, asked: make(map[netip.Addr]int), reply: make(chan echoReply, mostPending)}
}

func (e *fakeEcho) asks(netip.Addr) bool      { return true }
func (e *fakeEcho) replies() <-chan echoReply { return e.reply }

func (e *fakeEcho) send(a netip.Addr, nth int) int64 {
	if e.asked[a]++; e.answers(e.asked[a], a) {
		e.reply <- echoReply{a, nth}
	}
	return 0
}

// fakeTable is a neighbour table.
type fakeTable map[netip.Addr]Reason

func (t fakeTable) answered(_ context.Context, a netip.Addr, _ time.Time) (Reason, error) {
	return t[a], nil
}
func (fakeTable) close() {}

// TestDiscoverMethods holds that an echo reply, also to the second request, and an
// entry in the neighbour table are life, with and without ports to ask, and what is
// said of an address without any of them.
func TestDiscoverMethods(t *testing.T) {
	at := func(i uint64) netip.Addr { _, a := countedHosts(8).At(i); return a }
	for _, ports := range [][]uint16{nil, {80, 443}} {
		synctest.Test(t, func(t *testing.T) {
			echo := newFakeEcho(func(nth int, a netip.Addr) bool { return a == at(1) || a == at(2) && nth == 2 })
			s := &Scanner{
				methods: methodsOf(echo, fakeTable{at(3): ReasonARP}),
				engine:  scripted(func(Target) verdict { return verdict{StateFiltered, ReasonNoResponse} }),
			}
			got := make(map[netip.Addr]string)
			for h, err := range s.Discover(t.Context(), Discovery{TCP: ports}, addressesOf(t, countedHosts(5))) {
				if err != nil {
					t.Fatal(err)
				}
				got[h.Addr] = fmt.Sprint(h.Alive, " ", h.Evidence.Reason, " ", h.Asked-len(ports))
			}
			want := map[netip.Addr]string{
				at(0): "false no-response 1", at(1): "true echo-reply 1", at(2): "true echo-reply 1", at(3): "true arp 1", at(4): "false no-response 1",
			}
			if !maps.Equal(got, want) {
				t.Errorf("%d ports: %v, want %v", len(ports), got, want)
			}
		})
	}
}

// TestDiscoverAllAlive has every address answer at once. Discovery takes no longer.
func TestDiscoverAllAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Scanner{methods: noMethods(), engine: scripted(func(Target) verdict { return verdict{StateClosed, ReasonConnRefused} })}
		began, hosts := time.Now(), 0
		for _, err := range s.Discover(t.Context(), Discovery{TCP: DiscoveryPorts()}, addressesOf(t, countedHosts(300))) {
			if err != nil {
				t.Fatal(err)
			}
			hosts++
		}
		if took := time.Since(began); hosts != 300 || took > 0 {
			t.Errorf("%d addresses took %v, want 300 and no time", hosts, took)
		}
	})
}

// TestDiscoverEnds holds that discovery ends with its context and with its loop,
// also where nothing answers.
func TestDiscoverEnds(t *testing.T) {
	for _, ports := range [][]uint16{nil, {80}} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			stats := 0
			s := &Scanner{methods: noMethods(), engine: scripted(func(t Target) verdict {
				if t.Addr.Addr().As4()[3] == 9 {
					cancel()
				}
				return verdict{StateFiltered, ReasonNoResponse}
			}), Stats: func(Stats) { stats++ }}
			if ports == nil {
				time.AfterFunc(time.Second, cancel)
			}
			var last error
			for _, err := range s.Discover(ctx, Discovery{TCP: ports}, addressesOf(t, countedHosts(1<<16))) {
				last = err
			}
			if !errors.Is(last, context.Canceled) || stats != 1 {
				t.Errorf("%d ports: %v, Stats was called %d times", len(ports), last, stats)
			}
			for range s.Discover(t.Context(), Discovery{TCP: ports}, addressesOf(t, countedHosts(1<<16))) {
				break
			}
		})
	}
}

// TestDiscoverStats holds that a discovery that ends early has counted its attempts,
// by its context and by its loop.
func TestDiscoverStats(t *testing.T) {
	for _, byLoop := range []bool{false, true} {
		ctx, cancel := context.WithCancel(t.Context())
		var stats Stats
		s := &Scanner{methods: noMethods(), Stats: func(st Stats) { stats = st }}
		loopback := func(yield func(string, netip.Addr) bool) {
			for a := netip.MustParseAddr("127.0.0.1"); a.IsLoopback() && yield("", a); a = a.Next() {
			}
		}
		n := 0
		for range s.Discover(ctx, Discovery{TCP: []uint16{1, 2, 3}}, loopback) {
			if n++; n == 100 && byLoop {
				break
			}
			if n == 100 {
				cancel()
			}
		}
		cancel()
		if stats.Attempts < 100 {
			t.Errorf("left by its loop: %v: %d attempts for %d addresses", byLoop, stats.Attempts, n)
		}
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
