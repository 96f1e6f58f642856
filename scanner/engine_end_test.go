package scanner

import (
	"context"
	"errors"
	"net/netip"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// endless is one target again and again, and how often it was taken.
func endless(addr netip.AddrPort, taken *atomic.Int64) func(func(Target) bool) {
	return func(yield func(Target) bool) {
		for taken.Add(1); yield(Target{Proto: "tcp", Addr: addr}); taken.Add(1) {
		}
	}
}

func testBreak(t *testing.T, e engine) {
	closed := closedTCP(t, netip.MustParseAddr("127.0.0.1"))
	mine := goleak.IgnoreCurrent()
	var taken atomic.Int64
	seen := 0
	for _, err := range (&Scanner{Timeout: longTimeout, engine: e}).Scan(context.Background(), endless(closed, &taken)) {
		if err != nil {
			t.Fatal(err)
		}
		if seen++; seen == 300 {
			break
		}
	}
	after := taken.Load()
	goleak.VerifyNone(t, mine)
	if taken.Load() != after {
		t.Error("targets are taken after the loop ended")
	}
}

func testCancel(t *testing.T, e engine) {
	closed := closedTCP(t, netip.MustParseAddr("127.0.0.1"))
	mine := goleak.IgnoreCurrent()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var taken atomic.Int64
	var last error
	seen := 0
	for r, err := range (&Scanner{Timeout: longTimeout, engine: e}).Scan(ctx, endless(closed, &taken)) {
		if last != nil {
			t.Fatalf("%v, %v came after the error that ends a scan", r, err)
		}
		if last = err; err != nil && r != (Result{}) {
			t.Errorf("the error comes with the verdict %v", r)
		}
		if seen++; seen == 300 {
			cancel()
		}
	}
	goleak.VerifyNone(t, mine)
	if !errors.Is(last, context.Canceled) {
		t.Errorf("a scan that was cancelled ends with %v", last)
	}
}

// testDescriptors holds that a scan leaves no socket behind, however it ends and
// whatever was in flight.
func testDescriptors(t *testing.T, e engine) {
	addr := netip.MustParseAddr("127.0.0.1")
	mute, open, closed := openUDP(t, addr, func([]byte) []byte { return nil }), openTCP(t, addr), closedTCP(t, addr)
	full := fullBacklog(t, addr)
	asked := func(yield func(Target) bool) {
		for range 200 {
			for _, target := range []Target{{Proto: "udp", Addr: mute}, {Proto: "tcp", Addr: open}, {Proto: "tcp", Addr: full}, {Proto: "tcp", Addr: closed}} {
				if !yield(target) {
					return
				}
			}
		}
	}
	deadline := time.Now().Add(longTimeout)
	_, before := descriptors()
	for _, leave := range []int{1, 40, 200} {
		ctx, cancel := context.WithCancel(context.Background())
		seen := 0
		for range (&Scanner{Timeout: longTimeout, engine: e}).Scan(ctx, asked) {
			if seen++; seen == leave {
				break
			}
		}
		seen = 0
		for range (&Scanner{Timeout: longTimeout, engine: e}).Scan(ctx, asked) {
			if seen++; seen == leave {
				cancel()
			}
		}
		cancel()
	}
	for range (&Scanner{Timeout: shortTimeout, engine: e}).Scan(context.Background(), asked) {
	}
	// The servers of this test close what they took in their own time.
	for _, after := descriptors(); after > before; _, after = descriptors() {
		if time.Now().After(deadline) {
			t.Fatalf("%d descriptors before and %d after", before, after)
		}
		runtime.Gosched()
	}
}

// testDeadline has a context end while probes meet silence: that is no verdict.
func testDeadline(t *testing.T, e engine) {
	mute := openUDP(t, netip.MustParseAddr("127.0.0.1"), func([]byte) []byte { return nil })
	ctx, cancel := context.WithTimeout(context.Background(), shortTimeout)
	defer cancel()
	var last error
	for r, err := range (&Scanner{Timeout: longTimeout, engine: e}).Scan(ctx, targets("udp", mute)) {
		if err == nil {
			t.Errorf("the verdict %v/%v was made up", r.State, r.Reason)
		}
		last = err
	}
	if !errors.Is(last, context.DeadlineExceeded) {
		t.Errorf("a scan that met its deadline ends with %v", last)
	}
}

func testNothing(t *testing.T, e engine) {
	if got := scanAll(t, &Scanner{engine: e}, targets("tcp")); len(got) != 0 {
		t.Errorf("no target, but the verdicts %v", got)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	addr := netip.MustParseAddrPort("127.0.0.1:1")
	for r, err := range (&Scanner{engine: e}).Scan(ctx, targets("tcp", addr)) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled before it began, but got %v, %v", r, err)
		}
	}
}

// testLazy checks that targets wait in their sequence, not in memory.
func testLazy(t *testing.T, e engine) {
	const concurrency = 8
	closed := closedTCP(t, netip.MustParseAddr("127.0.0.1"))
	var taken atomic.Int64
	var seen int64
	for _, err := range (&Scanner{Concurrency: concurrency, Timeout: longTimeout, engine: e}).Scan(context.Background(), endless(closed, &taken)) {
		if err != nil {
			t.Fatal(err)
		}
		seen++
		if ahead := taken.Load() - seen; ahead > 20*concurrency {
			t.Fatalf("%d targets were taken ahead of their verdicts", ahead)
		}
		if seen == 3000 {
			break
		}
	}
}

// testTwoScans runs one Scanner twice at once.
func testTwoScans(t *testing.T, e engine) {
	addr := netip.MustParseAddr("127.0.0.1")
	open, closed := openTCP(t, addr), closedTCP(t, addr)
	s := &Scanner{Timeout: longTimeout, engine: e}
	other := make(chan Result, 2)
	go func() {
		defer close(other)
		for r := range s.Scan(context.Background(), targets("tcp", open, closed)) {
			other <- r
		}
	}()
	got := scanAll(t, s, targets("tcp", open, closed))
	wantVerdict(t, got[open], StateOpen, ReasonSynAck)
	wantVerdict(t, got[closed], StateClosed, ReasonConnRefused)
	states := make(map[netip.AddrPort]State)
	for r := range other {
		states[r.Addr] = r.State
	}
	if states[open] != StateOpen || states[closed] != StateClosed {
		t.Errorf("the other scan says %v", states)
	}
}
