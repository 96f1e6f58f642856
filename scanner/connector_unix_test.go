//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package scanner

import (
	"net/netip"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestConnectorWakes has a connector wait for a silent port: it returns if the session is
// woken up, or a worker hands over an attempt, before it waits or while it does.
func TestConnectorWakes(t *testing.T) {
	silent := fullBacklog(t, netip.MustParseAddr("127.0.0.1"))
	s := newPortableSession(newScan(config{concurrency: 8, timeout: longTimeout}, time.Now()), newKernel(origin{}), 8)
	tcp, err := newConnector(s, origin{})
	if err != nil {
		t.Fatal(err)
	}
	s.tcp = tcp
	defer s.close()
	c := tcp.(*socketConnector)
	c.sockets = make([]connecting, 1)
	c.hold(0, connectTo(t, c, silent))
	for name, wake := range map[string]func(){
		"woken up":    s.wake,
		"handed over": func() { s.deliver(&attempt{}) },
	} {
		for _, early := range []bool{true, false} {
			returned := make(chan struct{})
			if early {
				wake()
			}
			go func() {
				defer close(returned)
				c.poll(time.Hour)
			}()
			if !early {
				for !c.waiting.Load() {
					runtime.Gosched()
				}
				wake()
			}
			<-returned // or the test binary's own limit ends it
			select {
			case <-s.woken:
			case <-s.ended:
			default:
				t.Errorf("%s: there is nothing to return for", name)
			}
			if c.idle() || len(s.outcomes) > 0 {
				t.Errorf("%s: the silent port answered: %v", name, s.outcomes)
			}
		}
	}
}

// connectTo is a socket that connects to a port that does not answer.
func connectTo(t *testing.T, c *socketConnector, to netip.AddrPort) connecting {
	t.Helper()
	fd, err := c.open(to.Addr().Is4())
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Connect(fd, sockaddrOf(to, 0)); err != unix.EINPROGRESS {
		t.Fatalf("the port answered: %v", err)
	}
	if err := c.poller.watchConnect(fd); err != nil {
		t.Fatal(err)
	}
	return connecting{busy: true, fd: fd, to: to}
}
