//go:build unix

package scanner

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// hasAnswer reports whether a socket has an answer that nobody has fetched
// yet, or is closed because somebody has: for TCP a connection or its refusal,
// for UDP a datagram or an ICMP error.
func hasAnswer(socket syscall.RawConn, udp bool) bool {
	events := int16(unix.POLLOUT)
	if udp {
		events = unix.POLLIN
	}
	waits := false
	closed := socket.Control(func(fd uintptr) {
		fds := [1]unix.PollFd{{Fd: int32(fd), Events: events}}
		n, _ := unix.Poll(fds[:], 0)
		waits = n > 0
	})
	return waits || closed != nil
}
