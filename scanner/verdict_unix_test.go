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
		{"ECONNREFUSED", syscall.ECONNREFUSED, verdict{Closed, ConnRefused}, verdict{Closed, PortUnreach}},
		{"ETIMEDOUT", syscall.ETIMEDOUT, verdict{Filtered, NoResponse}, verdict{OpenFiltered, NoResponse}},
	}
	for _, c := range []struct {
		name  string
		errno syscall.Errno
		both  verdict
	}{
		{"EHOSTUNREACH", syscall.EHOSTUNREACH, verdict{Filtered, HostUnreach}},
		{"EHOSTDOWN", syscall.EHOSTDOWN, verdict{Filtered, HostUnreach}},
		{"ENETUNREACH", syscall.ENETUNREACH, verdict{Filtered, NetUnreach}},
		{"ENOPROTOOPT", syscall.ENOPROTOOPT, verdict{Filtered, ProtoUnreach}},
		{"EPROTO", syscall.EPROTO, verdict{Filtered, ProtoUnreach}},
		{"ECONNRESET", syscall.ECONNRESET, verdict{Filtered, Reset}},
		{"EPERM", syscall.EPERM, verdict{Unknown, LocalDenied}},
		{"EACCES", syscall.EACCES, verdict{Unknown, LocalDenied}},
		{"EINVAL", syscall.EINVAL, verdict{Unknown, NoReason}},
		{"EMSGSIZE", syscall.EMSGSIZE, verdict{Unknown, NoReason}},
		{"EAFNOSUPPORT", syscall.EAFNOSUPPORT, verdict{Unknown, NoReason}},
		{"ENETDOWN", syscall.ENETDOWN, verdict{Unknown, NoReason}},
		{"EBADF", syscall.EBADF, verdict{Unknown, NoReason}},
		{"a number nobody knows", syscall.Errno(4000), verdict{Unknown, NoReason}},
	} {
		all = append(all, errnoVerdict{c.name, c.errno, c.both, c.both})
	}
	for _, errno := range localLimits() {
		limit := verdict{Unknown, LocalLimit}
		v := errnoVerdict{errno.Error(), errno, limit, limit}
		if errno == syscall.EADDRNOTAVAIL {
			v.udp = verdict{Filtered, NetUnreach} // UDP has no other cause for it
		}
		all = append(all, v)
	}
	return all
}
