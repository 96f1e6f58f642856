package scanner

import (
	"encoding/binary"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Origins of a struct sock_extended_err (linux/errqueue.h), and the ICMP types
// and codes that say unreachable (RFC 792, RFC 1812 section 5.2.7.1, RFC 4443
// section 3.1).
const (
	originICMP  = 2
	originICMP6 = 3

	icmpUnreachable  = 3
	icmp6Unreachable = 1
)

// hearICMP makes a socket keep the ICMP errors it meets, with type and code
// (ip(7), IP_RECVERR).
func hearICMP(fd, domain int) syscall.Errno {
	if domain == unix.AF_INET6 {
		return rawOption(fd, unix.IPPROTO_IPV6, unix.IPV6_RECVERR, 1)
	}
	return rawOption(fd, unix.IPPROTO_IP, unix.IP_RECVERR, 1)
}

// icmpError is an ICMP error about a port, and the number it has as an error of
// a system call.
type icmpError struct {
	verdict
	errno syscall.Errno
}

// readErrorQueue empties a socket's error queue and returns its last entry that
// speaks of a port, or false if there was none.
func readErrorQueue(fd int, buffer []byte) (last icmpError, ok bool) {
	var control [256]byte
	iov := unix.Iovec{Base: &buffer[0]}
	iov.SetLen(len(buffer))
	msg := unix.Msghdr{Iov: &iov, Control: &control[0]}
	msg.SetIovlen(1)
	for {
		msg.SetControllen(len(control))
		_, _, e := unix.RawSyscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&msg)), unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
		if e != 0 {
			return last, ok
		}
		if found, meaning := parseErrorQueue(control[:min(int(msg.Controllen), len(control))]); meaning {
			last, ok = found, true
		}
	}
}

// parseErrorQueue finds the ICMP error in the control messages of one entry of a
// socket's error queue (ip(7), IP_RECVERR): a struct sock_extended_err with its
// error number, origin, type and code. It reports false if there is none.
func parseErrorQueue(control []byte) (found icmpError, ok bool) {
	for len(control) >= unix.SizeofCmsghdr {
		size := nativeUint(control)
		level := int32(binary.NativeEndian.Uint32(control[unix.SizeofCmsghdr-8:]))
		kind := int32(binary.NativeEndian.Uint32(control[unix.SizeofCmsghdr-4:]))
		if size < unix.SizeofCmsghdr || size > uint64(len(control)) {
			return icmpError{}, false
		}
		data := control[unix.CmsgLen(0):max(int(size), unix.CmsgLen(0))]
		isError := level == unix.SOL_IP && kind == unix.IP_RECVERR || level == unix.SOL_IPV6 && kind == unix.IPV6_RECVERR
		if isError && len(data) >= 16 {
			v, ok := icmpMeaning(data[4], data[5], data[6])
			return icmpError{v, syscall.Errno(binary.NativeEndian.Uint32(data))}, ok
		}
		control = control[min(unix.CmsgSpace(int(size)-unix.CmsgLen(0)), len(control)):]
	}
	return icmpError{}, false
}

// nativeUint is cmsg_len, which is as wide as a pointer.
func nativeUint(b []byte) uint64 {
	if unix.SizeofCmsghdr == 16 {
		return binary.NativeEndian.Uint64(b)
	}
	return uint64(binary.NativeEndian.Uint32(b))
}

// ofTCP is what an ICMP error says about a TCP port. The host itself would have
// answered with RST: port unreachable is from a firewall that rejects.
func (e icmpError) ofTCP() verdict {
	if e.reason == ReasonPortUnreach {
		return verdict{StateFiltered, ReasonPortUnreach}
	}
	return e.verdict
}

// icmpMeaning is what an ICMP error says about the port it was about.
func icmpMeaning(origin, kind, code uint8) (v verdict, ok bool) {
	switch {
	case origin == originICMP && kind == icmpUnreachable:
		switch code {
		case 0, 6, 11:
			return verdict{StateFiltered, ReasonNetUnreach}, true
		case 2:
			return verdict{StateFiltered, ReasonProtoUnreach}, true
		case 3:
			return verdict{StateClosed, ReasonPortUnreach}, true
		case 9, 10, 13:
			return verdict{StateFiltered, ReasonAdminProhibited}, true
		default:
			return verdict{StateFiltered, ReasonHostUnreach}, true
		}
	case origin == originICMP6 && kind == icmp6Unreachable:
		switch code {
		case 0:
			return verdict{StateFiltered, ReasonNetUnreach}, true
		case 1, 5, 6:
			return verdict{StateFiltered, ReasonAdminProhibited}, true
		case 4:
			return verdict{StateClosed, ReasonPortUnreach}, true
		default:
			return verdict{StateFiltered, ReasonHostUnreach}, true
		}
	}
	return verdict{}, false
}
