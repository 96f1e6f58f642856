//go:build unix

package scanner

import "syscall"

const (
	refusedErrno   = syscall.ECONNREFUSED
	unreachedErrno = syscall.ECONNREFUSED // what ICMP port unreachable becomes on UDP
	noAddressErrno = syscall.EADDRNOTAVAIL
)

// localLimits are the errors of a machine that ran out of something.
func localLimits() []syscall.Errno {
	return []syscall.Errno{
		syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM,
		syscall.EADDRNOTAVAIL, syscall.EADDRINUSE, syscall.EAGAIN,
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
		{"ECONNREFUSED", syscall.ECONNREFUSED, verdict{StateClosed, ReasonConnRefused}, verdict{StateClosed, ReasonPortUnreach}},
		{"ETIMEDOUT", syscall.ETIMEDOUT, verdict{StateFiltered, ReasonNoResponse}, verdict{StateOpenFiltered, ReasonNoResponse}},
	}
	for _, c := range []struct {
		name  string
		errno syscall.Errno
		both  verdict
	}{
		{"EHOSTUNREACH", syscall.EHOSTUNREACH, verdict{StateFiltered, ReasonHostUnreach}},
		{"EHOSTDOWN", syscall.EHOSTDOWN, verdict{StateFiltered, ReasonHostUnreach}},
		{"ENETUNREACH", syscall.ENETUNREACH, verdict{StateFiltered, ReasonNetUnreach}},
		{"ENOPROTOOPT", syscall.ENOPROTOOPT, verdict{StateFiltered, ReasonProtoUnreach}},
		{"EPROTO", syscall.EPROTO, verdict{StateFiltered, ReasonProtoUnreach}},
		{"ECONNRESET", syscall.ECONNRESET, verdict{StateFiltered, ReasonReset}},
		{"EPERM", syscall.EPERM, verdict{StateUnknown, ReasonLocalDenied}},
		{"EACCES", syscall.EACCES, verdict{StateUnknown, ReasonLocalDenied}},
		{"EINVAL", syscall.EINVAL, verdict{StateUnknown, ReasonNone}},
		{"EMSGSIZE", syscall.EMSGSIZE, verdict{StateUnknown, ReasonNone}},
		{"EAFNOSUPPORT", syscall.EAFNOSUPPORT, verdict{StateUnknown, ReasonNone}},
		{"ENETDOWN", syscall.ENETDOWN, verdict{StateUnknown, ReasonNone}},
		{"EBADF", syscall.EBADF, verdict{StateUnknown, ReasonNone}},
		{"a number nobody knows", syscall.Errno(4000), verdict{StateUnknown, ReasonNone}},
	} {
		all = append(all, errnoVerdict{c.name, c.errno, c.both, c.both})
	}
	for _, errno := range localLimits() {
		limit := verdict{StateUnknown, ReasonLocalLimit}
		all = append(all, errnoVerdict{errno.Error(), errno, limit, limit})
	}
	return all
}
