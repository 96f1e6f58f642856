package scanjob

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"

	"porthole/scanner"
)

// offeredConn is a connection that was open when a port was found so.
type offeredConn struct {
	net.Conn
	open *atomic.Int64
}

func (c offeredConn) Close() error {
	c.open.Add(-1)
	return nil
}

// offer offers a connection to whoever keeps such.
func (f *fakeNetwork) offer(keep func(netip.AddrPort, net.Conn) bool, addr netip.AddrPort) {
	if keep == nil {
		return
	}
	f.open.Add(1)
	if !keep(addr, offeredConn{open: &f.open}) {
		f.open.Add(-1)
	}
}

// TestKept holds that open ports are asked on the connections that found them, and
// that none is left when a scan ends, whichever way.
func TestKept(t *testing.T) {
	c := config(t, "192.0.2.2-9", "1-40")
	f := newFakeNetwork()
	j, v := verifying(t, c, f)
	if _, err := j.Run(t.Context(), make(outcomes)); err != nil {
		t.Fatal(err)
	}
	if v.reused != len(v.asked) || v.reused != 8*20 || f.open.Load() != 0 {
		t.Errorf("%d asked, %d of them on the scan's connection, %d left", len(v.asked), v.reused, f.open.Load())
	}

	f = newFakeNetwork()
	ctx, cancel := context.WithCancel(t.Context())
	f.stop, f.stopAt = cancel, 30
	j, _ = verifying(t, c, f)
	if _, err := j.Run(ctx, make(outcomes)); !errors.Is(err, context.Canceled) || f.open.Load() != 0 {
		t.Errorf("cancelled: %v; %d connections left", err, f.open.Load())
	}

	f = newFakeNetwork()
	j, _ = verifying(t, c, f)
	if _, err := j.Run(t.Context(), new(fullOutput)); !errors.Is(err, errFull) || f.open.Load() != 0 {
		t.Errorf("on a full disk: %v; %d connections left", err, f.open.Load())
	}

	f = newFakeNetwork()
	c.Show = []scanner.State{scanner.StateClosed}
	j, v = verifying(t, c, f)
	if _, err := j.Run(t.Context(), make(outcomes)); err != nil || v.reused != 0 || f.open.Load() != 0 {
		t.Errorf("open ports that are not shown: %v; %d asked, %d connections left", err, v.reused, f.open.Load())
	}
}

// TestKeptBounds holds how many connections are kept, of one host and of all.
func TestKeptBounds(t *testing.T) {
	var open atomic.Int64
	k := newKeptConns(100)
	addr := func(host, port int) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(host)}), uint16(port))
	}
	offer := func(to netip.AddrPort) bool {
		open.Add(1)
		ok := k.keep(to, offeredConn{open: &open})
		if !ok {
			open.Add(-1)
		}
		return ok
	}
	for host := 1; host <= 3; host++ {
		for port := 1; port <= 60; port++ {
			offer(addr(host, port))
		}
	}
	if a, b, c := k.busy[addr(1, 0).Addr()], k.busy[addr(2, 0).Addr()], k.busy[addr(3, 0).Addr()]; a != 48 || b != 48 || c != 4 || open.Load() != 100 {
		t.Errorf("%d, %d and %d kept, %d open", a, b, c, open.Load())
	}
	if offer(addr(1, 1)) || offer(addr(1, 59)) || offer(addr(4, 1)) {
		t.Error("a connection too many was kept")
	}
	if conn := k.take(addr(1, 1)); conn == nil || offer(addr(4, 1)) {
		t.Error("a port that is asked counts no more")
	}
	if k.done(addr(1, 1)); !offer(addr(1, 1)) {
		t.Error("a port that was asked counts still")
	}
	if k.take(addr(9, 9)) != nil {
		t.Error("a connection that was never offered")
	}
	k.close()
	if offer(addr(5, 1)) || open.Load() != 1 { // that of the port that was taken above
		t.Errorf("%d are open at the end", open.Load())
	}
}
