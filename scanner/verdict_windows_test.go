package scanner

import (
	"syscall"

	"golang.org/x/sys/windows"
)

const (
	refusedErrno   = windows.WSAECONNREFUSED
	unreachedErrno = windows.WSAECONNRESET // what ICMP port unreachable becomes on UDP
	noAddressErrno = windows.WSAEADDRNOTAVAIL
)

// localLimits are the errors of a machine that ran out of something.
func localLimits() []syscall.Errno {
	return []syscall.Errno{
		windows.WSAEMFILE, windows.WSAENOBUFS, windows.WSAEADDRNOTAVAIL, windows.WSAEADDRINUSE, windows.WSAEWOULDBLOCK,
		windows.ERROR_NOT_ENOUGH_MEMORY, windows.ERROR_NO_SYSTEM_RESOURCES, windows.ERROR_TOO_MANY_OPEN_FILES,
	}
}

// errnoVerdict is what an error says on each protocol.
type errnoVerdict struct {
	name     string
	errno    syscall.Errno
	tcp, udp verdict
}

func errnoVerdicts() []errnoVerdict {
	all := []errnoVerdict{
		{"WSAECONNREFUSED", windows.WSAECONNREFUSED, verdict{Closed, ConnRefused}, verdict{Closed, PortUnreach}},
		{"WSAECONNRESET", windows.WSAECONNRESET, verdict{Filtered, Reset}, verdict{Closed, PortUnreach}},
		{"WSAETIMEDOUT", windows.WSAETIMEDOUT, verdict{Filtered, NoResponse}, verdict{OpenFiltered, NoResponse}},
	}
	for _, c := range []struct {
		name  string
		errno syscall.Errno
		both  verdict
	}{
		{"WSAEHOSTUNREACH", windows.WSAEHOSTUNREACH, verdict{Filtered, HostUnreach}},
		{"WSAENETUNREACH", windows.WSAENETUNREACH, verdict{Filtered, NetUnreach}},
		{"WSAENETRESET", windows.WSAENETRESET, verdict{Filtered, HostUnreach}},
		{"WSAENOPROTOOPT", windows.WSAENOPROTOOPT, verdict{Filtered, ProtoUnreach}},
		{"WSAECONNABORTED", windows.WSAECONNABORTED, verdict{Filtered, Reset}},
		{"WSAEACCES", windows.WSAEACCES, verdict{Unknown, LocalDenied}},
		{"WSAEINVAL", windows.WSAEINVAL, verdict{Unknown, NoReason}},
	} {
		all = append(all, errnoVerdict{c.name, c.errno, c.both, c.both})
	}
	for _, errno := range localLimits() {
		limit := verdict{Unknown, LocalLimit}
		v := errnoVerdict{errno.Error(), errno, limit, limit}
		if errno == windows.WSAEADDRNOTAVAIL {
			v.udp = verdict{Filtered, NetUnreach}
		}
		all = append(all, v)
	}
	return all
}
