package scanner

import (
	"context"
	"iter"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// far is an address that only fake networks are asked for.
func far() netip.AddrPort { return netip.MustParseAddrPort("198.18.0.2:443") }

// many is far again and again.
func many(n int) iter.Seq[Target] {
	return func(yield func(Target) bool) {
		for range n {
			if !yield(Target{Proto: "tcp", Addr: far()}) {
				return
			}
		}
	}
}

// collect is every verdict of a scan over a fake network.
func collect(t *testing.T, s *Scanner, f *fakeNetwork, ts iter.Seq[Target]) []Result {
	t.Helper()
	s.engine = portableEngine{net: f}
	var all []Result
	for r, err := range s.Scan(context.Background(), ts) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// TestLocalLimitLifts has the first dials fail for want of something here:
// each probe is put back until it gets through, and none is misread.
func TestLocalLimitLifts(t *testing.T) {
	for _, errno := range localLimits() {
		t.Run(errno.Error(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fakeNetwork{plan: func(nth int, proto string, addr netip.AddrPort) (net.Conn, error) {
					if proto == "udp" {
						return connected(addr), nil // there is an address to reach it from
					}
					if nth <= 200 && nth%3 != 0 {
						return nil, failing("tcp", errno)
					}
					return connected(addr), nil
				}}
				got := collect(t, &Scanner{Concurrency: 64}, f, many(500))
				for _, r := range got {
					wantOpen(t, r)
				}
				if len(got) != 500 {
					t.Errorf("%d verdicts for 500 targets", len(got))
				}
			})
		})
	}
}

// wantOpen is wantVerdict where time stands still.
func wantOpen(t *testing.T, r Result) {
	t.Helper()
	if r.State != StateOpen || r.Reason != ReasonSynAck || r.Err != nil {
		t.Errorf("got %v/%v (%v), want open", r.State, r.Reason, r.Err)
	}
}

// TestLocalLimitStays has a limit that never lifts: every target gets the
// honest verdict, after a wait that does not grow with their number.
func TestLocalLimitStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeNetwork{plan: func(_ int, proto string, _ netip.AddrPort) (net.Conn, error) {
			return nil, failing(proto, localLimits()[0])
		}}
		began := time.Now()
		got := collect(t, &Scanner{}, f, many(5000))
		for _, r := range got {
			if r.State != StateUnknown || r.Reason != ReasonLocalLimit || r.Err == nil {
				t.Fatalf("got %v/%v (%v), want unknown/local-limit", r.State, r.Reason, r.Err)
			}
		}
		if len(got) != 5000 {
			t.Errorf("%d verdicts for 5000 targets", len(got))
		}
		if waited := time.Since(began); waited < 3*time.Second || waited > 10*time.Second {
			t.Errorf("waited %v for a limit that stays", waited)
		}
	})
}

// TestPortableHostTimeout ends attempts in flight when the time of their host is
// up, not when their own is, and keeps the answers that came before.
func TestPortableHostTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeNetwork{plan: func(nth int, _ string, addr netip.AddrPort) (net.Conn, error) {
			if nth%2 == 0 {
				return nil, nil // silence
			}
			return connected(addr), nil
		}}
		began := time.Now()
		n := make(map[State]int)
		for _, r := range collect(t, &Scanner{Concurrency: 64, Timeout: 5 * time.Second, HostTimeout: time.Second}, f, many(1000)) {
			n[r.State]++
			if (r.Err == ErrHostTimeout) != (r.State == StateUnknown) {
				t.Fatalf("got %+v", r)
			}
		}
		if took := time.Since(began); took < time.Second || took > time.Second+5*time.Millisecond {
			t.Errorf("took %v for a host timeout of 1s", took)
		}
		if n[StateOpen] < 64 || n[StateUnknown] < 64 || n[StateOpen]+n[StateUnknown] != 1000 {
			t.Errorf("verdicts are %v", n)
		}
	})
}

// TestNoAddressToReachFrom has EADDRNOTAVAIL from UDP as well: no port is
// lacking, there is no way to the target, and nothing is tried again.
func TestNoAddressToReachFrom(t *testing.T) {
	f := &fakeNetwork{plan: func(_ int, proto string, _ netip.AddrPort) (net.Conn, error) {
		return nil, failing(proto, noAddressErrno)
	}}
	for _, proto := range []string{"tcp", "udp"} {
		got := collect(t, &Scanner{}, f, targets(proto, far()))
		wantVerdict(t, got[0], StateUnknown, ReasonNoRoute)
		if got[0].Attempts != 1 {
			t.Errorf("%s: %d attempts, want 1", proto, got[0].Attempts)
		}
	}
}

// TestWindowFollowsTheLimit has a machine with room for 20: the scan ends
// whole, near that room, whatever it began with.
func TestWindowFollowsTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const room = 20
		var held, failed atomic.Int64
		f := &fakeNetwork{}
		f.plan = func(_ int, _ string, addr netip.AddrPort) (net.Conn, error) {
			if held.Add(1) > room {
				held.Add(-1)
				failed.Add(1)
				return nil, failing("tcp", localLimits()[0])
			}
			time.Sleep(10 * time.Millisecond) // the bubble's clock: how long a slot is held
			held.Add(-1)
			return connected(addr), nil
		}
		began := time.Now()
		const asked = 4000
		for _, r := range collect(t, &Scanner{Concurrency: 1000}, f, many(asked)) {
			wantOpen(t, r)
		}
		if failed.Load() == 0 {
			t.Error("the limit was never met: this proves nothing")
		}
		ideal := asked / room * 10 * time.Millisecond
		if took := time.Since(began); took > 3*ideal {
			t.Errorf("took %v of the bubble's time, where a window of %d takes %v", took, room, ideal)
		}
	})
}

// TestSilence has every attempt meet its deadline, on a clock of its own. While
// little is known of a path, a port is asked once more than was said.
func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeNetwork{plan: func(int, string, netip.AddrPort) (net.Conn, error) { return nil, nil }}
		began := time.Now()
		got := collect(t, &Scanner{Timeout: 3 * time.Second, Attempts: 5}, f, many(10))
		for _, r := range got {
			if r.State != StateFiltered || r.Reason != ReasonNoResponse || r.Err != nil || r.RTT != 0 || r.Attempts != 6 {
				t.Errorf("got %+v, want silence after 5 attempts and one more", r)
			}
		}
		if took := time.Since(began); took < 6*time.Second || took > 18*time.Second {
			t.Errorf("6 attempts of 1 to 3 s took %v", took)
		}
	})
}

// TestSilenceThenAnswer has the answer come to the second attempt.
func TestSilenceThenAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeNetwork{plan: func(nth int, _ string, addr netip.AddrPort) (net.Conn, error) {
			if nth == 1 {
				return nil, nil
			}
			time.Sleep(7 * time.Millisecond) // the bubble's clock
			return connected(addr), nil
		}}
		r := collect(t, &Scanner{}, f, many(1))[0]
		wantVerdict(t, r, StateOpen, ReasonSynAck)
		if r.Attempts != 2 || r.RTT != 7*time.Millisecond {
			t.Errorf("open after %d attempts, round trip %v; want 2 and 7ms", r.Attempts, r.RTT)
		}
	})
}

// TestRate counts the attempts of a scan, those after silence too, on a clock
// of its own.
func TestRate(t *testing.T) {
	for _, perSecond := range []float64{0.5, 10, 333, 1000, 50000} {
		synctest.Test(t, func(t *testing.T) {
			var refusals int
			f := &fakeNetwork{plan: func(nth int, proto string, _ netip.AddrPort) (net.Conn, error) {
				if nth%2 == 1 {
					return nil, &net.OpError{Op: "dial", Err: context.DeadlineExceeded}
				}
				refusals++
				return nil, failing(proto, refusedErrno)
			}}
			n := min(max(4, int(5*perSecond)), 10000)
			// Of this machine, for which no path's own rate is looked for.
			near := netip.MustParseAddrPort("127.0.0.1:443")
			began := time.Now()
			got := collect(t, &Scanner{Rate: perSecond, Attempts: 101, Concurrency: 1}, f, targets("tcp", slices.Repeat([]netip.AddrPort{near}, n/2)...))
			attempts := 0
			for _, r := range got {
				attempts += r.Attempts
			}
			took := time.Since(began)
			want := time.Duration(float64(attempts-1) / perSecond * float64(time.Second))
			if off := float64(took-want) / float64(want); off < -0.02 || off > 0.02 {
				t.Errorf("%d attempts at %v per second took %v, want %v", attempts, perSecond, took, want)
			}
			if attempts != f.dials {
				t.Errorf("%d attempts reported, %d made", attempts, f.dials)
			}
		})
	}
}

// TestConcurrency checks that the number in flight is reached and kept.
func TestConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeNetwork{plan: func(_ int, proto string, _ netip.AddrPort) (net.Conn, error) {
			time.Sleep(time.Millisecond) // the bubble's clock
			return nil, failing(proto, refusedErrno)
		}}
		collect(t, &Scanner{Concurrency: 17}, f, many(500))
		if f.most != 17 {
			t.Errorf("%d probes were in flight at once, want 17", f.most)
		}
	})
}

// TestInterruptedIsNoVerdict cancels while all probes wait: none is made up,
// and what was known before is kept.
func TestInterruptedIsNoVerdict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		f := &fakeNetwork{plan: func(nth int, _ string, addr netip.AddrPort) (net.Conn, error) {
			if nth <= 5 {
				return connected(addr), nil
			}
			return nil, nil
		}}
		time.AfterFunc(time.Second, cancel)
		s := &Scanner{Concurrency: 20, engine: portableEngine{net: f}}
		verdicts := 0
		var last error
		for r, err := range s.Scan(ctx, many(100)) {
			if last = err; err == nil {
				wantOpen(t, r)
				verdicts++
			}
		}
		if verdicts != 5 || last != context.Canceled {
			t.Errorf("%d verdicts and the error %v, want 5 and that it was cancelled", verdicts, last)
		}
	})
}

// TestZone checks that the zone of a link-local address reaches the socket.
func TestZone(t *testing.T) {
	want := netip.MustParseAddrPort("[fe80::1%eth7]:22")
	f := &fakeNetwork{plan: func(_ int, proto string, addr netip.AddrPort) (net.Conn, error) {
		if addr != want {
			t.Errorf("%s asked %v, want %v", proto, addr, want)
		}
		return nil, failing(proto, refusedErrno)
	}}
	for _, proto := range []string{"tcp", "udp"} {
		if r := collect(t, &Scanner{}, f, targets(proto, want))[0]; r.Addr != want {
			t.Errorf("the verdict is about %v, want %v", r.Addr, want)
		}
	}
}

// TestEveryErrno dials with each error of the operating system.
func TestEveryErrno(t *testing.T) {
	for _, c := range errnoVerdicts() {
		for proto, want := range map[string]verdict{"tcp": c.tcp, "udp": c.udp} {
			t.Run(proto+" "+c.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f := &fakeNetwork{plan: func(_ int, asked string, addr netip.AddrPort) (net.Conn, error) {
						if asked != proto {
							return connected(addr), nil // there is a route
						}
						return nil, failing(proto, c.errno)
					}}
					r := collect(t, &Scanner{Attempts: 3}, f, targets(proto, far()))[0]
					if r.State != want.state || r.Reason != want.reason {
						t.Errorf("got %v/%v, want %v/%v", r.State, r.Reason, want.state, want.reason)
					}
					if r.State == StateClosed && c.errno != refusedErrno && c.errno != unreachedErrno {
						t.Error("an error that is no refusal closed the port")
					}
					if silent := r.Reason == ReasonNoResponse; silent != (r.Err == nil) || silent && r.Attempts < 3 {
						t.Errorf("%v after %d attempts with error %v", r.Reason, r.Attempts, r.Err)
					}
					if r.Reason == ReasonLocalLimit && r.Attempts < 5 {
						t.Errorf("given up after %d attempts", r.Attempts)
					}
				})
			})
		}
	}
}
