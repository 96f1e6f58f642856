package waitjob

import (
	"net"
	"net/netip"
	"testing"
	"time"
)

// TestConnect holds what ports of other machines are taken for: loopback
// stands in for these.
func TestConnect(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	open := l.Addr().String()
	closed := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.2"), netip.MustParseAddrPort(open).Port()).String()
	for _, test := range []struct {
		what, at string
		holds    bool
		state    string
	}{
		{Open, open, true, "open"}, {Open, closed, false, "closed"},
		{Closed, open, false, "open"}, {Closed, closed, true, "closed"},
	} {
		at := netip.MustParseAddrPort(test.at)
		p := &Port{Typed: test.at, Addr: at.Addr(), Port: at.Port()}
		j := &Job{For: test.what}
		if err := j.connect(t.Context(), []*Port{p}); err != nil || p.Holds != test.holds || p.State != test.state {
			t.Errorf("%s for %s: %v, %s (%s), %v", test.at, test.what, p.Holds, p.State, p.Why, err)
		}
	}
	l.Close()
}

// TestUntil holds that a listener that comes later is seen.
func TestUntil(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().(*net.TCPAddr)
	l.Close()
	p := &Port{Typed: "x", Port: uint16(at.Port)}
	held := 0
	j := &Job{Ports: []*Port{p}, For: Open, Timeout: time.Minute, Holds: func(*Port, time.Duration) { held++ }}
	type end struct {
		done bool
		err  error
	}
	ended := make(chan end, 1)
	go func() {
		done, err := j.Run(t.Context())
		ended <- end{done, err}
	}()
	if l, err = net.ListenTCP("tcp", at); err != nil {
		t.Skipf("somebody else has the port by now: %v", err)
	}
	defer l.Close()
	if e := <-ended; e.err != nil || !e.done || held != 1 || p.State != Open {
		t.Errorf("%v, told %d times, %s", e, held, p.State)
	}
}
