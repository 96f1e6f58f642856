package scanner

import (
	"os"

	"golang.org/x/sys/unix"
)

// prepare makes a socket leave by the device, and puts off the choice of its port until
// the destination is known, since one port can serve many destinations.
func (o origin) prepare(fd uintptr, _ bool) error {
	if o.device != nil {
		if err := unix.SetsockoptString(int(fd), unix.SOL_SOCKET, unix.SO_BINDTODEVICE, o.device.Name); err != nil {
			return os.NewSyscallError("SO_BINDTODEVICE", err)
		}
	}
	if !o.source.IsValid() {
		return nil
	}
	return os.NewSyscallError("IP_BIND_ADDRESS_NO_PORT", unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1))
}
