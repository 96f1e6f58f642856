package scanner

import (
	"context"
	"net/netip"
	"sync"
	"testing"
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
