package scanner

import (
	"fmt"
	"iter"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

// slowRange is a network of 200 addresses: those below 20 refuse after 20 ms, 20 and
// 21 after 1.7 s, and the others are dead.
func slowRange() *fakeNetwork {
	return &fakeNetwork{plan: func(_ int, proto string, addr netip.AddrPort) (net.Conn, error) {
		switch last := addr.Addr().As4()[3]; {
		case last < 20:
			time.Sleep(20 * time.Millisecond)
			return nil, failing(proto, refusedErrno)
		case last < 22:
			time.Sleep(1700 * time.Millisecond)
			return nil, failing(proto, refusedErrno)
		}
		return nil, nil
	}}
}

// TestDiscoverLate has addresses answer long after the others did. They are alive: at
// once where nobody goes on before, else by a second status.
func TestDiscoverLate(t *testing.T) {
	for _, c := range []struct {
		timeout  time.Duration
		goesOn   bool
		allKnown time.Duration // when all have a status, at most
		late     int
	}{
		{timeout: 0, allKnown: 3 * time.Second},
		{timeout: 0, goesOn: true, allKnown: 1600 * time.Millisecond, late: 2},
		{timeout: 3 * time.Second, goesOn: true, allKnown: 3500 * time.Millisecond},
	} {
		t.Run(fmt.Sprint(c.timeout, c.goesOn), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &Scanner{methods: noMethods(), engine: portableEngine{net: slowRange()}, Timeout: c.timeout}
				began, allKnown := time.Now(), time.Duration(0)
				d := Discovery{TCP: []uint16{80, 443}}
				if c.goesOn {
					d.AllAsked = func(time.Duration) { allKnown = time.Since(began) }
				}
				alive, down, late := 0, make(map[netip.Addr]bool), 0
				for h, err := range s.Discover(t.Context(), d, addressesOf(t, countedHosts(200))) {
					if err != nil {
						t.Fatal(err)
					}
					switch {
					case down[h.Addr] && h.Alive:
						late++
					case h.Alive:
						alive++
					case down[h.Addr]:
						t.Errorf("%v was told to be down twice", h.Addr)
					default:
						down[h.Addr] = true
					}
				}
				if allKnown == 0 {
					allKnown = time.Since(began)
				}
				if alive+late != 22 || late != c.late || len(down) != 178+late {
					t.Errorf("%d alive, %d down, %d of those alive after all; want %d", alive, len(down), late, c.late)
				}
				if allKnown > c.allKnown {
					t.Errorf("all known after %v", allKnown)
				}
			})
		})
	}
}

// TestDiscoverNobodyDown has every address answer: there is nobody to be listened to.
func TestDiscoverNobodyDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Scanner{methods: noMethods(), engine: portableEngine{net: slowRange()}}
		var allKnown time.Time
		d := Discovery{TCP: []uint16{80, 443}, AllAsked: func(time.Duration) { allKnown = time.Now() }}
		alive := 0
		for h, err := range s.Discover(t.Context(), d, addressesOf(t, countedHosts(20))) {
			if err != nil {
				t.Fatal(err)
			}
			if h.Alive {
				alive++
			}
		}
		if went := time.Since(allKnown); alive != 20 || allKnown.IsZero() || went > pollInterval {
			t.Errorf("%d of 20 are alive, and discovery went on for %v", alive, went)
		}
	})
}

// TestDiscoverEchoLoss loses seven of ten echo requests to hosts that answer nothing
// else: those that have not answered are asked again as long as that is worth it.
func TestDiscoverEchoLoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		echo := newFakeEcho(func(nth int, a netip.Addr) bool { return a.As4()[3] < 60 && nth > int(a.As4()[3])%6 })
		s := &Scanner{methods: methodsOf(echo, fakeTable{}), engine: scripted(func(Target) verdict { return verdict{StateFiltered, ReasonNoResponse} })}
		alive := 0
		for h, err := range s.Discover(t.Context(), Discovery{TCP: []uint16{80}}, addressesOf(t, countedHosts(200))) {
			if err != nil {
				t.Fatal(err)
			}
			if h.Alive {
				alive++
			}
		}
		if alive != 60 {
			t.Errorf("%d of 60 hosts are alive", alive)
		}
		for a, n := range echo.asked {
			if a.As4()[3] >= 60 && (n < leastRequests || n > 20) {
				t.Errorf("%v was sent %d requests", a, n)
			}
		}
	})
}

// TestDiscoverTwins has an address by three names: an answer is one of all three.
func TestDiscoverTwins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		addr := netip.MustParseAddr("198.18.0.7")
		echo := newFakeEcho(func(nth int, _ netip.Addr) bool { return nth >= 2 })
		s := &Scanner{methods: methodsOf(echo, fakeTable{})}
		names := iter.Seq2[string, netip.Addr](func(yield func(string, netip.Addr) bool) {
			for _, name := range []string{"a", "b", "c"} {
				if !yield(name, addr) {
					return
				}
			}
		})
		alive := make(map[string]bool)
		for h, err := range s.Discover(t.Context(), Discovery{}, names) {
			if err != nil {
				t.Fatal(err)
			}
			alive[h.Host] = h.Alive
		}
		if len(alive) != 3 || !alive["a"] || !alive["b"] || !alive["c"] {
			t.Errorf("alive: %v", alive)
		}
	})
}

// TestDiscoverRest has the addresses that are asked last answer just within the timeout,
// counted from when they were asked: it takes a while to ask the others. Nobody is lost,
// and who wants to go on before is told how long that may take.
func TestDiscoverRest(t *testing.T) {
	const far = 1950 * time.Millisecond
	network := &fakeNetwork{plan: func(_ int, proto string, addr netip.AddrPort) (net.Conn, error) {
		switch last := addr.Addr().As4()[3]; {
		case last < 2:
			time.Sleep(20 * time.Millisecond)
			return nil, failing(proto, refusedErrno)
		case last >= 198:
			time.Sleep(far)
			return nil, failing(proto, refusedErrno)
		}
		return nil, nil
	}}
	for _, goesOn := range []bool{false, true} {
		t.Run(fmt.Sprint(goesOn), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &Scanner{methods: noMethods(), engine: portableEngine{net: network}}
				var until time.Time
				d := Discovery{TCP: []uint16{443, 80, 22, 3389, 445, 25, 8080, 5432}}
				if goesOn {
					d.AllAsked = func(rest time.Duration) { until = time.Now().Add(rest) }
				}
				alive := make(map[netip.Addr]bool)
				for h, err := range s.Discover(t.Context(), d, addressesOf(t, countedHosts(200))) {
					if err != nil {
						t.Fatal(err)
					}
					if h.Alive && (until.IsZero() || !time.Now().After(until)) {
						alive[h.Addr] = true
					}
				}
				if len(alive) != 4 {
					t.Errorf("alive are %v, want 4 addresses", alive)
				}
			})
		})
	}
}
