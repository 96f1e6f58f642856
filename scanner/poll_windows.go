package scanner

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Events of WSAPoll and its argument, from winsock2.h.
const (
	pollReadNormal  = 0x0100
	pollWriteNormal = 0x0010
)

type pollFD struct {
	fd              windows.Handle
	events, revents int16
}

// hasAnswer reports whether a socket has an answer that nobody has fetched
// yet, or is closed because somebody has: for TCP a connection or its refusal,
// for UDP a datagram or an ICMP error.
func hasAnswer(socket syscall.RawConn, udp bool) bool {
	events := int16(pollWriteNormal)
	if udp {
		events = pollReadNormal
	}
	poll := windows.NewLazySystemDLL("ws2_32.dll").NewProc("WSAPoll")
	waits := false
	closed := socket.Control(func(fd uintptr) {
		p := pollFD{fd: windows.Handle(fd), events: events}
		n, _, _ := poll.Call(uintptr(unsafe.Pointer(&p)), 1, 0)
		waits = int32(n) > 0
	})
	return waits || closed != nil
}
