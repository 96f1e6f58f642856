package sockets

import (
	"net"
	"net/netip"
	"os"
	"testing"
	"time"
)

// TestWatcherHere holds that a refresh finds on this machine what a list does:
// the holder of a new listener, without the full listing.
func TestWatcherHere(t *testing.T) {
	slow := slowLister()
	slow.NetNS = ScopeSelf
	for name, l := range map[string]*Lister{"kernel": {NetNS: ScopeSelf}, "proc": slow} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			w := &Watcher{Lister: *l, clock: func() time.Time { return start }}
			if _, err := w.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
			listener, err := net.Listen("tcp4", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			at := localAddr(listener.Addr())
			opened := eventOf(t, w, EventKindOpened, at)
			checkHolders(t, opened.Socket, os.Getpid())
			listed := find(t, list(t, l), "tcp", at)
			if fields := differences(&listed, &opened.Socket); len(fields) > 0 {
				t.Errorf("a list and a refresh differ in %q", fields)
			}
			if listed.MPTCP != opened.Socket.MPTCP {
				t.Errorf("a list says %v to MPTCP, a refresh %v", listed.MPTCP, opened.Socket.MPTCP)
			}
			listener.Close()
			if closed := eventOf(t, w, EventKindClosed, at); closed.Number != opened.Number {
				t.Errorf("number %d opened, %d closed", opened.Number, closed.Number)
			}
		})
	}
}

// eventOf waits for what happens to an address.
func eventOf(t *testing.T, w *Watcher, what EventKind, local netip.AddrPort) Event {
	t.Helper()
	for {
		u, err := w.Refresh(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range u.Events {
			if e.Kind == what && e.Socket.Local == local && isHere(e.Socket) {
				return e
			}
		}
	}
}

// BenchmarkRefresh refreshes with 40 more processes and 400 more listeners, none
// of which is new.
func BenchmarkRefresh(b *testing.B) {
	startHolders(b)
	start := time.Now()
	w := &Watcher{clock: func() time.Time { return start }}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.Refresh(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
