package scanner

import (
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

// fullBacklog is a TCP port of addr that drops SYNs: nobody accepts, and its
// queue of one is full.
func fullBacklog(t *testing.T, addr netip.Addr) netip.AddrPort {
	t.Helper()
	family, at := unix.AF_INET, func(port int) unix.Sockaddr {
		return &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}
	}
	if addr.Is6() {
		family, at = unix.AF_INET6, func(port int) unix.Sockaddr {
			return &unix.SockaddrInet6{Port: port, Addr: addr.As16()}
		}
	}
	socket := func() int {
		fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Close(fd) })
		return fd
	}
	listener := socket()
	if err := unix.Bind(listener, at(0)); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(listener, 0); err != nil {
		t.Fatal(err)
	}
	name, err := unix.Getsockname(listener)
	if err != nil {
		t.Fatal(err)
	}
	var port int
	switch name := name.(type) {
	case *unix.SockaddrInet4:
		port = name.Port
	case *unix.SockaddrInet6:
		port = name.Port
	}
	for range 3 {
		if err := unix.Connect(socket(), at(port)); err != nil && err != unix.EINPROGRESS {
			t.Fatal(err)
		}
	}
	return netip.AddrPortFrom(addr, uint16(port))
}
