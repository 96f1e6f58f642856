package cli

import (
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// TestWaitConnect holds what ports of other machines are taken for: loopback
// stands in for these.
func TestWaitConnect(t *testing.T) {
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
		{waitOpen, open, true, "open"}, {waitOpen, closed, false, "closed"},
		{waitClosed, open, false, "open"}, {waitClosed, closed, true, "closed"},
	} {
		at := netip.MustParseAddrPort(test.at)
		p := &waitPort{typed: test.at, addr: at.Addr(), port: at.Port()}
		w := &portWait{what: test.what}
		if err := w.connect(t.Context(), []*waitPort{p}); err != nil || p.holds != test.holds || p.state != test.state {
			t.Errorf("%s for %s: %v, %s (%s), %v", test.at, test.what, p.holds, p.state, p.why, err)
		}
	}
	l.Close()
}

// TestWaitUntil holds that a listener that comes later is seen.
func TestWaitUntil(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().(*net.TCPAddr)
	l.Close()
	p := &waitPort{typed: "x", port: uint16(at.Port)}
	var said strings.Builder
	c := testConsole()
	c.err = io.MultiWriter(&said)
	w := &portWait{console: c, ports: []*waitPort{p}, what: waitOpen, timeout: time.Minute}
	done := make(chan error, 1)
	go func() { done <- w.run(t.Context()) }()
	if l, err = net.ListenTCP("tcp", at); err != nil {
		t.Skipf("somebody else has the port by now: %v", err)
	}
	defer l.Close()
	if err := <-done; err != nil || !strings.Contains(said.String(), "x is open after ") {
		t.Errorf("%v, %q", err, said.String())
	}
}
