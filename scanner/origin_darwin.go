package scanner

import (
	"os"

	"golang.org/x/sys/unix"
)

// prepare makes a socket leave by the device (ip(4), IP_BOUND_IF).
func (o origin) prepare(fd uintptr, is4 bool) error {
	switch {
	case o.device == nil:
		return nil
	case is4:
		return os.NewSyscallError("IP_BOUND_IF", unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_BOUND_IF, o.device.Index))
	}
	return os.NewSyscallError("IPV6_BOUND_IF", unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_BOUND_IF, o.device.Index))
}
