package verify

import (
	"context"
	"io"
	"net"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// TestPace holds that the time of 99 in 100 answers is known, a little rounded up,
// and of few is not.
func TestPace(t *testing.T) {
	synctest.Test(t, testPace)
}

func testPace(t *testing.T) {
	var p pace
	for range paceKnown - 1 {
		p.note(20 * time.Millisecond)
	}
	time.Sleep(paceSeen)
	if d, ok := p.most(); ok {
		t.Errorf("%v is known of too few", d)
	}
	soon := pace{}
	for range paceKnown {
		soon.note(20 * time.Millisecond)
	}
	if d, ok := soon.most(); ok {
		t.Errorf("%v is known before slow answers can have come", d)
	}
	for _, c := range []struct {
		n    int
		took time.Duration
		want time.Duration
	}{
		{1, 20 * time.Millisecond, 20 * time.Millisecond},
		{99, time.Second, time.Second},             // more than one in 100
		{1, time.Hour, time.Second},                // less
		{1, 0, time.Second},                        //
		{100000, 0, time.Millisecond},              // the least there is
		{2000, time.Hour, 5792 * time.Millisecond}, // the most there is
	} {
		for range c.n {
			p.note(c.took)
		}
		if d, ok := p.most(); !ok || d < c.want || d > c.want+c.want/9 {
			t.Errorf("after %d of %v: %v %v, not %v", c.n, c.took, d, ok, c.want)
		}
	}
}

// manyTargets is hosts that answer, on ports of the first, and others that are
// silent there.
func manyTargets(ports ...uint16) (list []Target) {
	for host := range byte(100) {
		for _, port := range ports {
			list = append(list, Target{Proto: "tcp", Addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 18, 0, host}), port), RTT: 20 * time.Millisecond})
		}
	}
	return list
}

// TestManySilent holds how long silent ports take beside many that answer at once,
// and that a server is not given up that takes no longer than others.
func TestManySilent(t *testing.T) {
	const rtt = 20 * time.Millisecond
	silent := func(addr netip.Addr) bool { return addr.As4()[3]%10 == 0 }
	for _, slow := range []time.Duration{0, 180 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			v := Verifier{LateMailOnly: true}
			v.Dial = func(_ context.Context, _, address string) (net.Conn, error) {
				to := netip.MustParseAddrPort(address)
				f := &fake{serve: func(conn net.Conn) {
					switch {
					case silent(to.Addr()):
						swallow(conn)
					case to.Port() == 22:
						time.Sleep(rtt + slow)
						io.WriteString(conn, "SSH-2.0-OpenSSH_9.2p1\r\n")
						swallow(conn)
					default:
						conn.Read(make([]byte, 512))
						time.Sleep(rtt + slow)
						io.WriteString(conn, "-NOAUTH Authentication required.\r\n")
					}
				}}
				return f.dial(t.Context(), "tcp", address)
			}
			told := 0
			for s, err := range v.VerifyAll(t.Context(), slices.Values(manyTargets(22, 6379))) {
				switch most := max(650*time.Millisecond, 6*slow); {
				case err != nil:
					t.Fatal(err)
				case s.Outcome == OutcomeIdentified:
					told++
				case !silent(s.Target.Addr.Addr()):
					t.Errorf("%v is %v after %v", s.Target.Addr, s.Outcome, s.Spent)
				case s.Spent > most || s.Connections > 2:
					t.Errorf("silent %v took %v on %d connections", s.Target.Addr, s.Spent, s.Connections)
				}
			}
			if told != 2*90 {
				t.Errorf("%d were told", told)
			}
		})
	}
}

// TestManySlow holds that one slow server in ten is not given up for the pace of the
// others.
func TestManySlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := Verifier{LateMailOnly: true, Concurrency: 20}
		v.Dial = func(_ context.Context, _, address string) (net.Conn, error) {
			to := netip.MustParseAddrPort(address)
			f := &fake{serve: func(conn net.Conn) {
				conn.Read(make([]byte, 512))
				if time.Sleep(20 * time.Millisecond); to.Addr().As4()[3]%10 == 0 {
					time.Sleep(320 * time.Millisecond)
				}
				io.WriteString(conn, "-NOAUTH Authentication required.\r\n")
			}}
			return f.dial(t.Context(), "tcp", address)
		}
		for s, err := range v.VerifyAll(t.Context(), slices.Values(manyTargets(6379, 6380, 16379, 26379))) {
			if err != nil || s.Protocol != "redis" {
				t.Errorf("%v is %v after %v: %v", s.Target.Addr, s.Outcome, s.Spent, err)
			}
		}
	})
}

// TestLateAnswer holds that a server whose answer came too late is asked again when
// it shows a sign of what it is.
func TestLateAnswer(t *testing.T) {
	first := true
	s, _ := ask(t, 6379, func(conn net.Conn) {
		if first {
			first = false
			swallow(conn)
			return
		}
		buf := make([]byte, 512)
		for {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			if n > 0 && buf[0] == '*' {
				io.WriteString(conn, "-NOAUTH Authentication required.\r\n")
			} else {
				io.WriteString(conn, "-ERR unknown command\r\n")
			}
		}
	}, Verifier{})
	if s.Protocol != "redis" {
		t.Errorf("%v %q after %d connections", s.Outcome, s.Protocol, s.Connections)
	}
}

// TestSlowMySQL holds that a port of MySQL that does not greet in time is told
// nothing where there are many to ask: it may be looking up who came.
func TestSlowMySQL(t *testing.T) {
	s, f := ask(t, 3306, swallow, Verifier{LateMailOnly: true})
	if f.sent() != "" || s.Connections != 1 || s.Outcome != OutcomeUnidentified {
		t.Errorf("%v after %d connections and %q", s.Outcome, s.Connections, f.sent())
	}
}
