package scanner

import (
	"context"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// fromItself is a network whose first socket of each protocol gets the very
// port it asks as its own, as the kernel may do on loopback.
type fromItself struct {
	*kernel
	dials *atomic.Int64
}

func (n fromItself) dial(ctx context.Context, proto string, addr netip.AddrPort) (net.Conn, error) {
	if n.dials.Add(1) > 1 {
		return n.kernel.dial(ctx, proto, addr)
	}
	if proto == "udp" {
		return conn(n.dialer.DialUDP(ctx, "udp", addr, addr))
	}
	return conn(n.dialer.DialTCP(ctx, "tcp", addr, addr))
}

// TestSelfConnect connects real sockets to themselves: such a port is closed,
// and the host's own refusal says so.
func TestSelfConnect(t *testing.T) {
	for name, addr := range loopbacks(t) {
		t.Run(name, func(t *testing.T) {
			for _, c := range []struct {
				proto  string
				free   func() netip.AddrPort
				reason Reason
			}{
				{"tcp", func() netip.AddrPort { return freeTCP(t, addr) }, ReasonConnRefused},
				{"udp", func() netip.AddrPort { return freeUDP(t, addr) }, ReasonPortUnreach},
			} {
				dials := new(atomic.Int64)
				s := &Scanner{Timeout: longTimeout, engine: portableEngine{net: fromItself{newKernel(origin{}), dials}}}
				r := scanOne(t, s, c.proto, c.free())
				wantVerdict(t, r, StateClosed, c.reason)
				if dials.Load() != 2 {
					t.Errorf("%s: %d sockets were opened, want one that met itself and one more", c.proto, dials.Load())
				}
			}
		})
	}
}

// TestSelfConnectOnly has no other port left: what cannot be asked is unknown.
func TestSelfConnectOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeNetwork{plan: func(_ int, _ string, addr netip.AddrPort) (net.Conn, error) {
			return fakeConn{local: addr, remote: addr}, nil
		}}
		r := collect(t, &Scanner{}, f, many(1))[0]
		if r.State != StateUnknown || r.Reason != ReasonLocalLimit || r.Err != errToItself {
			t.Errorf("got %v/%v (%v), want unknown/local-limit", r.State, r.Reason, r.Err)
		}
	})
}
