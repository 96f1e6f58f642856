package scanner

import (
	"os"
	"unsafe"

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

// bind prepares a socket and binds it to the source.
func (o origin) bind(fd int, is4 bool) error {
	if o == (origin{}) {
		return nil
	}
	if err := o.prepare(uintptr(fd), is4); err != nil || !o.source.IsValid() {
		return err
	}
	var local sockaddr
	scope := scopeOf(o.source.Zone())
	if scope == 0 && o.device != nil {
		scope = uint32(o.device.Index)
	}
	if !o.source.IsLinkLocalUnicast() {
		scope = 0
	}
	local.set(o.source, 0, scope)
	_, _, e := unix.RawSyscall(unix.SYS_BIND, uintptr(fd), uintptr(unsafe.Pointer(&local.raw)), uintptr(local.size))
	if e != 0 {
		return e
	}
	return nil
}
