package scanner

import (
	"encoding/binary"
	"os"

	"golang.org/x/sys/windows"
)

// unicastInterface is IP_UNICAST_IF and IPV6_UNICAST_IF of ws2ipdef.h.
const unicastInterface = 31

// prepare makes a socket leave by the device. IPv4 wants its index in network
// order.
func (o origin) prepare(fd uintptr, is4 bool) error {
	if o.device == nil {
		return nil
	}
	level, index := windows.IPPROTO_IPV6, uint32(o.device.Index)
	if is4 {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], index)
		level, index = windows.IPPROTO_IP, binary.NativeEndian.Uint32(b[:])
	}
	return os.NewSyscallError("IP_UNICAST_IF", windows.SetsockoptInt(windows.Handle(fd), level, unicastInterface, int(index)))
}
