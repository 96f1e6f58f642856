//go:build unix

package scanner

import (
	"runtime"
	"syscall"
)

// classifyErrno is the verdict of an attempt that failed with e.
//
// Linux turns ICMP and ICMPv6 errors into these numbers in net/ipv4/icmp.c
// (icmp_err_convert) and net/ipv6/icmp.c (tab_unreach); the BSDs in inetctlerrmap.
// Two evidences share a number and cannot be told apart by it:
//
//   - ECONNREFUSED on TCP is an RST, or an ICMP port unreachable from a
//     firewall that rejects. The portable engine, which has only the number,
//     takes it for an RST: [StateClosed]. The engine for Linux reads the socket's
//     error queue beside it, and says [StateFiltered] if it was ICMP. macOS and
//     the BSDs have the same number for "administratively prohibited", so that
//     their refusals are [StateClosedFiltered] (refusal.go). They keep host and
//     network unreachable to themselves until connect gives up by itself, which
//     looks like silence (tcp_notify of netinet/tcp_subr.c).
//   - EACCES on IPv6 is this machine's policy, or ICMPv6 "administratively
//     prohibited" from the path. It counts as local, since that claims less
//     about the port; on Linux the error queue tells here, too. Linux reports
//     the ICMP (version 4) of that name as EHOSTUNREACH, which the queue makes
//     [ReasonAdminProhibited].
func classifyErrno(proto string, e syscall.Errno) verdict {
	switch e {
	case syscall.ECONNREFUSED:
		return refused(proto)
	case syscall.ETIMEDOUT:
		return silent(proto)
	case syscall.EHOSTUNREACH, syscall.EHOSTDOWN:
		return verdict{StateFiltered, ReasonHostUnreach}
	case syscall.ENETUNREACH:
		return verdict{StateFiltered, ReasonNetUnreach}
	case syscall.ENOPROTOOPT, syscall.EPROTO:
		return verdict{StateFiltered, ReasonProtoUnreach}
	case syscall.ECONNRESET:
		return verdict{StateFiltered, ReasonReset}
	case syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.EADDRNOTAVAIL, syscall.EADDRINUSE, syscall.EAGAIN:
		return verdict{StateUnknown, ReasonLocalLimit}
	case syscall.EPERM, syscall.EACCES:
		return verdict{StateUnknown, ReasonLocalDenied}
	}
	return verdict{StateUnknown, ReasonNone}
}

// mayBeNoRoute reports an error that this machine gives where it has no way to the
// target, and for other causes, too: EADDRNOTAVAIL for no free port or no address of
// its own to reach the target from, the others for no route or an ICMP error; on Linux
// EINVAL for a blackhole route (ip-route(8)).
func mayBeNoRoute(e syscall.Errno) bool {
	return e == syscall.EADDRNOTAVAIL || e == syscall.ENETUNREACH || e == syscall.EHOSTUNREACH || e == syscall.EINVAL && runtime.GOOS == "linux"
}

// isCut reports a datagram that was longer than the buffer it was read into,
// which is no error on Unix.
func isCut(syscall.Errno) bool { return false }
