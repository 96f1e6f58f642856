package scanner

import (
	"context"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// TestBurst has attempts wait for the last of theirs, which may drop out.
func TestBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var left, woken atomic.Int32
		b := newBurst(3, func() { woken.Add(1) })
		for range 2 {
			go func() {
				b.join()
				left.Add(1)
			}()
		}
		synctest.Wait()
		if !b.incomplete() || left.Load() != 0 || woken.Load() != 0 {
			t.Errorf("%d left before the last had come", left.Load())
		}
		b.done()
		synctest.Wait()
		if b.incomplete() || left.Load() != 2 || woken.Load() != 1 {
			t.Errorf("%d left, woken %d times; want 2 and 1", left.Load(), woken.Load())
		}
	})
}

// TestBurstBusyWorker has a worker that has not returned from an attempt before: no
// others wait for the one that it comes to later, nor for one that it never comes to.
func TestBurstBusyWorker(t *testing.T) {
	w := newPortableWorker(&portableSession{net: &fakeNetwork{}})
	next := func() *burst {
		b := newBurst(2, func() {})
		w.give(&attempt{burst: b})
		return b
	}
	first := next()
	if missing := first.missing.Load(); missing != 2 {
		t.Errorf("an attempt at a free worker: %d are missing, want 2", missing)
	}
	second := next() // in the place of the first, which was not begun
	if missing := first.missing.Load(); missing != 1 {
		t.Errorf("an attempt that was taken back: %d are missing, want 1", missing)
	}
	if missing := second.missing.Load(); missing != 1 {
		t.Errorf("an attempt at a worker that is not free: %d are missing, want 1", missing)
	}
}

// noSockets is a network for which every third socket cannot be opened.
type noSockets struct {
	*fakeNetwork
	opened *atomic.Int64
}

func (n noSockets) dial(ctx context.Context, proto string, addr netip.AddrPort) (net.Conn, error) {
	if n.opened.Add(1)%3 == 0 {
		return nil, failing(proto, localLimits()[0])
	}
	return n.fakeNetwork.dial(ctx, proto, addr)
}

// TestBurstWithoutSockets has attempts fail before they have a socket: the others
// leave all the same.
func TestBurstWithoutSockets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeNetwork{plan: func(_ int, _ string, addr netip.AddrPort) (net.Conn, error) { return connected(addr), nil }}
		n := 0
		s := &Scanner{Concurrency: 64, engine: portableEngine{net: noSockets{f, new(atomic.Int64)}}}
		for r, err := range s.Scan(t.Context(), many(500)) {
			if err != nil {
				t.Fatal(err)
			}
			wantOpen(t, r)
			n++
		}
		if n != 500 {
			t.Errorf("%d verdicts for 500 targets", n)
		}
	})
}
