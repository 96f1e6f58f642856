package scanner

import (
	"context"
	"net/netip"
	"sync"
	"testing"
	"time"
)

func TestMiddlebox(t *testing.T) {
	middlebox, busy, plain := netip.MustParseAddr("198.18.0.1"), netip.MustParseAddr("198.18.0.2"), netip.MustParseAddr("198.18.0.3")
	var mu sync.Mutex // the scan and the probes of random ports run at once
	asked := make(map[netip.Addr]int)
	s := &Scanner{engine: scripted(func(t Target) verdict {
		mu.Lock()
		asked[t.Addr.Addr()]++
		mu.Unlock()
		switch port := t.Addr.Port(); {
		case t.Addr.Addr() == middlebox, t.Addr.Addr() == busy && port <= 100, port == 22:
			return verdict{StateOpen, ReasonSynAck}
		case t.Addr.Addr() == busy:
			return verdict{StateFiltered, ReasonNoResponse}
		}
		return verdict{StateClosed, ReasonConnRefused}
	})}
	var warned []netip.Addr
	c := &MiddleboxDetector{Scanner: s, Seed: 1, Warn: func(_ string, addr netip.Addr) { warned = append(warned, addr) }}
	marks, opens := make(map[netip.Addr]int), make(map[netip.Addr]int)
	asking := func(yield func(Target) bool) {
		for _, addr := range []netip.Addr{middlebox, busy, plain} {
			for port := uint16(1); port <= 100; port++ {
				if !yield(Target{Proto: "tcp", Addr: netip.AddrPortFrom(addr, port)}) {
					return
				}
			}
		}
	}
	for r, err := range c.Watch(context.Background(), s.Scan(context.Background(), asking)) {
		if err != nil {
			t.Fatal(err)
		}
		if r.State == StateOpen {
			opens[r.Addr.Addr()]++
		}
		if r.Middlebox {
			marks[r.Addr.Addr()]++
		}
	}
	if len(warned) != 1 || warned[0] != middlebox {
		t.Errorf("warned of %v, want only %v", warned, middlebox)
	}
	if marks[middlebox] != 100-suspectOpen+1 || marks[busy]+marks[plain] != 0 {
		t.Errorf("marks are %v", marks)
	}
	if opens[middlebox] != 100 || opens[busy] != 100 || opens[plain] != 1 {
		t.Errorf("open verdicts are %v", opens)
	}
	if asked[plain] != 100 || asked[busy] != 100+randomPorts {
		t.Errorf("attempts are %v", asked)
	}
}

// TestRandomPortTimeout has a suspect whose random ports are waited for as its open
// ports were, since the scan waits meanwhile.
func TestRandomPortTimeout(t *testing.T) {
	for _, c := range []struct{ roundTrip, timeout, want time.Duration }{
		{20 * time.Millisecond, 0, 500 * time.Millisecond},
		{200 * time.Millisecond, 0, 800 * time.Millisecond},
		{900 * time.Millisecond, 0, time.Second},
		{0, 0, time.Second},
		{20 * time.Millisecond, 300 * time.Millisecond, 300 * time.Millisecond},
	} {
		var cfg config
		d := &MiddleboxDetector{Scanner: &Scanner{Timeout: c.timeout, engine: recorder{&cfg}}}
		results := func(yield func(Result, error) bool) {
			for port := range uint16(suspectOpen) {
				r := Result{Target: Target{Proto: "tcp", Addr: netip.AddrPortFrom(netip.MustParseAddr("198.18.0.1"), port+1)}, State: StateOpen}
				if port == 3 {
					r.RTT = c.roundTrip
				}
				if !yield(r, nil) {
					return
				}
			}
		}
		for range d.Watch(t.Context(), results) {
		}
		if cfg.timeout != c.want {
			t.Errorf("round trip %v, timeout %v: the random ports are waited for %v, want %v", c.roundTrip, c.timeout, cfg.timeout, c.want)
		}
	}
}
