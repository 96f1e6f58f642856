package scanner

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// classifyErrno is the verdict of an attempt that failed with e, a Winsock
// error (winsock2.h); the numbers of package syscall's own names never reach
// us from a socket on Windows.
func classifyErrno(proto string, e syscall.Errno) verdict {
	switch e {
	case windows.WSAECONNREFUSED:
		return refused(proto)
	case windows.WSAECONNRESET:
		// recv: on a datagram socket, an earlier send met ICMP port unreachable.
		if proto == "udp" {
			return verdict{StateClosed, ReasonPortUnreach}
		}
		return verdict{StateFiltered, ReasonReset}
	case windows.WSAETIMEDOUT:
		return silent(proto)
	case windows.WSAEHOSTUNREACH, windows.WSAEHOSTDOWN, windows.WSAENETRESET:
		return verdict{StateFiltered, ReasonHostUnreach}
	case windows.WSAENETUNREACH:
		return verdict{StateFiltered, ReasonNetUnreach}
	case windows.WSAENOPROTOOPT:
		return verdict{StateFiltered, ReasonProtoUnreach}
	case windows.WSAECONNABORTED:
		return verdict{StateFiltered, ReasonReset}
	case windows.WSAEMFILE, windows.WSAENOBUFS, windows.WSAEADDRNOTAVAIL, windows.WSAEADDRINUSE, windows.WSAEWOULDBLOCK,
		windows.ERROR_NOT_ENOUGH_MEMORY, windows.ERROR_NO_SYSTEM_RESOURCES, windows.ERROR_TOO_MANY_OPEN_FILES:
		return verdict{StateUnknown, ReasonLocalLimit}
	case windows.WSAEACCES:
		return verdict{StateUnknown, ReasonLocalDenied}
	}
	return verdict{StateUnknown, ReasonNone}
}

// mayBeNoRoute reports an error that this machine gives where it has no way to the
// target, and for other causes, too: WSAEADDRNOTAVAIL for no free port or no address
// of its own to reach the target from, the others for no route or an ICMP error.
func mayBeNoRoute(e syscall.Errno) bool {
	return e == windows.WSAEADDRNOTAVAIL || e == windows.WSAENETUNREACH || e == windows.WSAEHOSTUNREACH
}

// isCut reports a datagram that was longer than the buffer it was read into:
// WSAEMSGSIZE from recv.
func isCut(e syscall.Errno) bool { return e == windows.WSAEMSGSIZE }
