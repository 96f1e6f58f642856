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
		{"WSAECONNREFUSED", windows.WSAECONNREFUSED, verdict{StateClosed, ReasonConnRefused}, verdict{StateClosed, ReasonPortUnreach}},
		{"WSAECONNRESET", windows.WSAECONNRESET, verdict{StateFiltered, ReasonReset}, verdict{StateClosed, ReasonPortUnreach}},
		{"WSAETIMEDOUT", windows.WSAETIMEDOUT, verdict{StateFiltered, ReasonNoResponse}, verdict{StateOpenFiltered, ReasonNoResponse}},
	}
	for _, c := range []struct {
		name  string
		errno syscall.Errno
		both  verdict
	}{
		{"WSAEHOSTUNREACH", windows.WSAEHOSTUNREACH, verdict{StateFiltered, ReasonHostUnreach}},
		{"WSAENETUNREACH", windows.WSAENETUNREACH, verdict{StateFiltered, ReasonNetUnreach}},
		{"WSAENETRESET", windows.WSAENETRESET, verdict{StateFiltered, ReasonHostUnreach}},
		{"WSAENOPROTOOPT", windows.WSAENOPROTOOPT, verdict{StateFiltered, ReasonProtoUnreach}},
		{"WSAECONNABORTED", windows.WSAECONNABORTED, verdict{StateFiltered, ReasonReset}},
		{"WSAEACCES", windows.WSAEACCES, verdict{StateUnknown, ReasonLocalDenied}},
		{"WSAEINVAL", windows.WSAEINVAL, verdict{StateUnknown, ReasonNone}},
	} {
		all = append(all, errnoVerdict{c.name, c.errno, c.both, c.both})
	}
	for _, errno := range localLimits() {
		limit := verdict{StateUnknown, ReasonLocalLimit}
		all = append(all, errnoVerdict{errno.Error(), errno, limit, limit})
	}
	return all
}
