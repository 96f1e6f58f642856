package netlab

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"porthole/internal/osthread"
)

// dial connects from a side to a literal address.
func dial(t *testing.T, from *Namespace, network, to string) (conn net.Conn, err error) {
	t.Helper()
	err = from.Do(func() (err error) {
		conn, err = (&net.Dialer{}).DialContext(t.Context(), network, to)
		return err
	})
	if err == nil {
		t.Cleanup(func() { conn.Close() })
	}
	return conn, err
}

func TestDelay(t *testing.T) {
	const delay = 15 * time.Millisecond
	lab := Require(t, Config{Delay: delay})
	if err := lab.Target().Listen(netip.MustParseAddrPort("198.18.0.1:80")); err != nil {
		t.Fatal(err)
	}
	if err := lab.Target().Respond(nil, netip.MustParseAddrPort("198.18.0.1:7")); err != nil {
		t.Fatal(err)
	}
	t.Run("tcp", func(t *testing.T) {
		begin := time.Now()
		if _, err := dial(t, lab.Scanner(), "tcp", "198.18.0.1:80"); err != nil {
			t.Fatal(err)
		}
		if rtt := time.Since(begin); rtt < 2*delay {
			t.Errorf("connected after %v, faster than the link", rtt)
		}
	})
	t.Run("udp", func(t *testing.T) {
		conn, err := dial(t, lab.Scanner(), "udp", "198.18.0.1:7")
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		exchange(t, conn, "there and back", "there and back")
		if rtt := time.Since(begin); rtt < 2*delay {
			t.Errorf("answered after %v, faster than the link", rtt)
		}
	})
}

// exchange sends a datagram and expects one.
func exchange(t *testing.T, conn net.Conn, send, want string) {
	t.Helper()
	if _, err := io.WriteString(conn, send); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 100)
	n, err := conn.Read(buf)
	if err != nil || string(buf[:n]) != want {
		t.Errorf("answer %q, %v; want %q", buf[:n], err, want)
	}
}

func TestLossIsCounted(t *testing.T) {
	const sent, loss = 20_000, 0.1
	lab := Require(t, Config{Loss: loss, Reorder: .2, Seed: 4, Alive: addrs("198.18.0.1")})
	to := netip.MustParseAddrPort("198.18.0.2:9") // dead: nothing comes back
	if err := lab.Scanner().Do(func() error { return flood(to, sent) }); err != nil {
		t.Fatal(err)
	}
	stats := drained(t, lab, sent)
	got := stats.ToTarget
	if got.Packets+got.Missed != sent || got.Bytes != 40*got.Packets {
		t.Errorf("%d datagrams of 40 bytes were sent, counted: %+v", sent, got)
	}
	// The standard deviation of the share is 0.0021.
	if share := float64(got.Lost) / float64(got.Packets); share < loss-.02 || share > loss+.02 {
		t.Errorf("lost a share of %v, not of %v", share, loss)
	}
	if got.Delivered+got.Lost+got.Overruns != got.Packets || got.Reordered == 0 || got.Reordered > got.Packets {
		t.Errorf("the counters do not add up: %+v", got)
	}
	if stats.ToScanner.Packets != 0 {
		t.Errorf("a dead address answered: %+v", stats.ToScanner)
	}
}

// TestStreamSurvives sends a stream through a bad link: TCP mends everything
// but a relay that damages or forges packets.
func TestStreamSurvives(t *testing.T) {
	lab := Require(t, Config{Delay: time.Millisecond, Loss: .01, Reorder: .05, Seed: 2})
	var server net.Listener
	err := lab.Target().Do(func() (err error) {
		server, err = net.Listen("tcp", "198.18.0.1:5000")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	sent := bytes.Repeat([]byte("all work and no play\n"), 20_000)
	failed := make(chan error, 1)
	go func() {
		conn, err := server.Accept()
		if err == nil {
			_, err = conn.Write(sent)
			err = errors.Join(err, conn.Close())
		}
		failed <- err
	}()
	conn, err := dial(t, lab.Scanner(), "tcp", "198.18.0.1:5000")
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(conn)
	if err := errors.Join(err, <-failed); err != nil || !bytes.Equal(got, sent) {
		t.Errorf("%d of %d bytes, equal: %v, %v", len(got), len(sent), bytes.Equal(got, sent), err)
	}
}

func TestNoWayOut(t *testing.T) {
	lab := Require(t, Config{})
	outside, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer outside.Close()
	for _, side := range []*Namespace{lab.Scanner(), lab.Target()} {
		for _, c := range []struct {
			to   string
			want error
		}{
			{"192.0.2.1:9", unix.ENETUNREACH},
			{"[2001:db8:ffff::1]:9", unix.ENETUNREACH},
			{outside.Addr().String(), unix.ECONNREFUSED}, // its own loopback is another
		} {
			if len(side.Addrs()) == 1 && strings.HasPrefix(c.to, "[") {
				continue // no IPv6 here
			}
			if _, err := dial(t, side, "tcp", c.to); !errors.Is(err, c.want) {
				t.Errorf("%s side to %s: %v, want %v", side.name, c.to, err, c.want)
			}
		}
	}
}

// TestNeedsRoot takes root away from one thread, which ends with the test.
func TestNeedsRoot(t *testing.T) {
	if os.Geteuid() != 0 {
		_, err := New(Config{})
		if reason := (&UnavailableError{}); !errors.As(err, &reason) || !strings.Contains(reason.Reason, "root") {
			t.Errorf("without root: %v", err)
		}
		return
	}
	err := osthread.Do(func() error {
		if _, _, errno := syscall.RawSyscall(syscall.SYS_SETRESUID, ^uintptr(0), 65534, ^uintptr(0)); errno != 0 {
			return errno
		}
		_, err := New(Config{})
		return err
	})
	if reason := (&UnavailableError{}); !errors.As(err, &reason) || !strings.Contains(reason.Reason, "root") {
		t.Errorf("without root: %v", err)
	}
}
