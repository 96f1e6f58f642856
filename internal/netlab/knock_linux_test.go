package netlab

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// sentinel is a port that is always open in the tests that knock.
const sentinel = 65000

// The outcomes of a knock that are no errno.
const (
	isOpen   = unix.Errno(0)
	isSilent = unix.EINPROGRESS
)

// knock connects from the scanner side to all addresses at once and returns
// what came of it, address by address. It needs no clock: the link keeps the
// order of packets and answers are made at once, so when a last connection, to
// the sentinel of the first address, is open, every answer has come.
func knock(t *testing.T, lab *Lab, guard netip.Addr, to ...netip.AddrPort) map[netip.AddrPort]unix.Errno {
	t.Helper()
	outcomes := make(map[netip.AddrPort]unix.Errno, len(to))
	err := lab.Scanner().Do(func() error {
		fds := make([]int, 0, len(to)+1)
		defer func() {
			for _, fd := range fds {
				unix.Close(fd)
			}
		}()
		for _, addr := range append(to[:len(to):len(to)], netip.AddrPortFrom(guard, sentinel)) {
			fd, err := startConnect(addr)
			if fd >= 0 {
				fds = append(fds, fd)
			}
			if err != nil {
				return err
			}
		}
		if err := awaitOpen(fds[len(to)]); err != nil {
			from, _ := unix.Getsockname(fds[len(to)])
			stats, _ := lab.Stats()
			return fmt.Errorf("the sentinel, from %+v: %w (%+v)", from, err, stats)
		}
		for i, addr := range to {
			outcome, err := outcomeOf(fds[i])
			if err != nil {
				return err
			}
			outcomes[addr] = outcome
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return outcomes
}

// expect knocks at each address of want and compares. A silent answer where an
// error is wanted gets another chance: Linux forgets an ICMP error that arrives
// while connect still holds the socket (tcp_v4_err, LockDroppedIcmps), as it
// may if it was interrupted there.
func expect(t *testing.T, lab *Lab, guard netip.Addr, want map[netip.AddrPort]unix.Errno) {
	t.Helper()
	var got map[netip.AddrPort]unix.Errno
	for range 5 {
		got = knock(t, lab, guard, slices.Collect(maps.Keys(want))...)
		again := false
		for addr, outcome := range got {
			again = again || outcome == isSilent && want[addr] > isOpen && want[addr] != isSilent
		}
		if !again {
			break
		}
	}
	for addr, outcome := range want {
		if got[addr] != outcome {
			t.Errorf("%v: %v, want %v", addr, describe(got[addr]), describe(outcome))
		}
	}
}

func describe(outcome unix.Errno) string {
	switch outcome {
	case isOpen:
		return "open"
	case isSilent:
		return "silent"
	default:
		return outcome.Error()
	}
}

func startConnect(addr netip.AddrPort) (int, error) {
	var sa unix.Sockaddr = &unix.SockaddrInet6{Port: int(addr.Port()), Addr: addr.Addr().As16()}
	family := unix.AF_INET6
	if addr.Addr().Is4() {
		sa = &unix.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()}
		family = unix.AF_INET
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	if err := unix.Connect(fd, sa); err != nil && err != unix.EINPROGRESS {
		return fd, err
	}
	return fd, nil
}

func awaitOpen(fd int) error {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
	for {
		n, err := unix.Poll(fds, int(20*time.Second/time.Millisecond))
		if err == unix.EINTR {
			continue
		}
		if err == nil && n == 0 {
			err = unix.ETIMEDOUT
		}
		if err != nil {
			return err
		}
		errno, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
		if err == nil && errno != 0 {
			err = unix.Errno(errno)
		}
		return err
	}
}

func outcomeOf(fd int) (unix.Errno, error) {
	errno, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil || errno != 0 {
		return unix.Errno(errno), err
	}
	if _, err := unix.Getpeername(fd); err == nil {
		return isOpen, nil
	}
	return isSilent, nil
}

// guarded returns a lab with a sentinel on the address.
func guarded(t *testing.T, cfg Config, guard netip.Addr) *Lab {
	t.Helper()
	if guard.Is6() && !haveIPv6() {
		t.Skip("this kernel has no IPv6")
	}
	lab := Require(t, cfg)
	if err := lab.Target().Listen(netip.AddrPortFrom(guard, sentinel)); err != nil {
		t.Fatal(err)
	}
	return lab
}
