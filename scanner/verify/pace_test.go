package verify

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
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
	old := time.Now().Add(-paceSeen)
	for range paceKnown - 1 {
		p.note(old, 20*time.Millisecond)
	}
	if d, ok := p.most(); ok {
		t.Errorf("%v is known of too few", d)
	}
	soon := pace{}
	for range paceKnown {
		soon.note(time.Now(), 20*time.Millisecond)
	}
	time.Sleep(paceSeen - time.Millisecond)
	if d, ok := soon.most(); ok {
		t.Errorf("%v is known before slow answers can have come", d)
	}
	time.Sleep(time.Millisecond)
	if d, ok := soon.most(); !ok || d > 23*time.Millisecond {
		t.Errorf("%v %v is known when they had their time", d, ok)
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
			p.note(old, c.took)
		}
		if d, ok := p.most(); !ok || d < c.want || d > c.want+c.want/9 {
			t.Errorf("after %d of %v: %v %v, not %v", c.n, c.took, d, ok, c.want)
		}
	}
}

// TestPaceOfTheFast holds that the many who have just been asked, of whom only the
// fast have answered, do not hide the slow.
func TestPaceOfTheFast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pace
		for i := range 2 * paceKnown {
			took := 20 * time.Millisecond
			if i%10 == 0 {
				took = 340 * time.Millisecond
			}
			p.note(time.Now().Add(-paceSeen), took)
		}
		for range 100 * paceKnown {
			p.note(time.Now(), 20*time.Millisecond)
		}
		if d, ok := p.most(); !ok || d < 340*time.Millisecond {
			t.Errorf("%v %v", d, ok)
		}
	})
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
					case to.Port() == 80:
						conn.Read(make([]byte, 512))
						time.Sleep(rtt + slow)
						io.WriteString(conn, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi")
					default:
						conn.Read(make([]byte, 512))
						time.Sleep(rtt + slow)
						io.WriteString(conn, "-NOAUTH Authentication required.\r\n")
					}
				}}
				return f.dial(t.Context(), "tcp", address)
			}
			told := 0
			for s, err := range v.VerifyAll(t.Context(), slices.Values(manyTargets(22, 80, 6379))) {
				switch most := max(530*time.Millisecond, 6*slow); {
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
			if told != 3*90 {
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

// TestManySlowAtOnce holds which slow servers are told, one in ten of many that are all
// asked at once: those that take a quarter of a second, and up to 0.4 where the others
// take long.
func TestManySlowAtOnce(t *testing.T) {
	for _, c := range []struct{ fast, slow time.Duration }{
		{20 * time.Millisecond, 240 * time.Millisecond},
		{50 * time.Millisecond, 390 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			v := Verifier{LateMailOnly: true}
			v.Dial = func(_ context.Context, _, address string) (net.Conn, error) {
				to := netip.MustParseAddrPort(address)
				f := &fake{serve: func(conn net.Conn) {
					conn.Read(make([]byte, 512))
					if to.Addr().As4()[3]%10 == 0 {
						time.Sleep(c.slow)
					} else {
						time.Sleep(c.fast)
					}
					io.WriteString(conn, "-NOAUTH Authentication required.\r\n")
				}}
				return f.dial(t.Context(), "tcp", address)
			}
			for s, err := range v.VerifyAll(t.Context(), slices.Values(manyTargets(6379))) {
				if err != nil || s.Protocol != "redis" || s.Connections != 1 {
					t.Errorf("%v is %v after %v on %d connections: %v", s.Target.Addr, s.Outcome, s.Spent, s.Connections, err)
				}
			}
		})
	}
}

// busyConn is a connection of a process that is too busy to read what has come
// until the time is over.
type busyConn struct {
	net.Conn
	in    string
	until time.Time
	reads int
}

func (c *busyConn) SetReadDeadline(t time.Time) error {
	c.until = t
	return nil
}

func (c *busyConn) Read(b []byte) (int, error) {
	c.reads++
	if time.Sleep(time.Until(c.until)); c.reads == 1 {
		return 0, os.ErrDeadlineExceeded
	}
	return copy(b, c.in), nil
}

// stoppedConn is a connection of a process that does not run for a second, and with
// it the machine, when it first waits.
type stoppedConn struct{ busyConn }

func (c *stoppedConn) Read(b []byte) (int, error) {
	switch c.reads++; c.reads {
	case 1:
		time.Sleep(time.Second)
		fallthrough
	case 2, 3:
		time.Sleep(time.Until(c.until))
		return 0, os.ErrDeadlineExceeded
	}
	return copy(b, c.in), nil
}

// TestStopped holds that the time in which this process did not run is not counted.
func TestStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := exchange(&stoppedConn{busyConn{in: "x"}}, nil, fixedWait(4*recheckEvery), 512, func(reply) verdict { return yes })
		if string(r.data) != "x" {
			t.Errorf("%q, %v", r.data, r.end)
		}
	})
}

// TestLastLook holds that what has come when a wait is over is read.
func TestLastLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := exchange(&busyConn{in: "SSH-2.0-x\r\n"}, nil, fixedWait(recheckEvery), 512, func(reply) verdict { return yes })
		if string(r.data) != "SSH-2.0-x\r\n" {
			t.Errorf("%q, %v", r.data, r.end)
		}
		hello := &firstWait{link: &link{Conn: &busyConn{in: "x"}}, first: fixedWait(recheckEvery), began: time.Now()}
		if n, err := hello.Read(make([]byte, 8)); n != 1 || err != nil {
			t.Errorf("%d %v of a handshake", n, err)
		}
	})
}

// TestHandshakeEndsSooner holds that what is learned while a handshake is waited for
// ends it.
func TestHandshakeEndsSooner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer theirs.Close()
		defer ours.Close()
		began := time.Now()
		learned := func() time.Duration {
			if time.Since(began) >= 2*recheckEvery {
				return recheckEvery
			}
			return time.Minute
		}
		f := &firstWait{link: newLink(t.Context(), ours), first: learned, began: began}
		if _, err := f.Read(make([]byte, 8)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		if took := time.Since(began); took > 3*recheckEvery {
			t.Errorf("it took %v", took)
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

// TestDatagramsHaveTime holds that the pace of TCP does not end the wait for a datagram
// that is on its way.
func TestDatagramsHaveTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fast := newCommon()
		for range paceKnown {
			fast.pace.note(time.Now().Add(-paceSeen), time.Millisecond)
		}
		f := &fake{serve: func(conn net.Conn) {
			buf := make([]byte, 512)
			for {
				n, err := conn.Read(buf)
				if err != nil {
					return
				}
				time.Sleep(datagramLeast - 30*time.Millisecond)
				if _, err := conn.Write(buf[:n]); err != nil {
					return
				}
			}
		}}
		v := Verifier{LateMailOnly: true, Dial: f.dial}
		s, err := v.verify(t.Context(), Target{Proto: "udp", Addr: netip.MustParseAddrPort("198.18.0.1:123")}, fast, func() {})
		if f.wg.Wait(); err != nil || s.Protocol != "echo" || s.Connections != 1 {
			t.Errorf("%v %q after %v on %d sockets: %v", s.Outcome, s.Protocol, s.Spent, s.Connections, err)
		}
	})
}
