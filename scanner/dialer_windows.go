package scanner

import (
	"net"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// SIO_TCP_INITIAL_RTO and its argument, from mstcpip.h.
const (
	sioTCPInitialRTO     = windows.IOC_IN | windows.IOC_VENDOR | 17
	unspecifiedRTT       = ^uint16(0)
	noSynRetransmissions = ^uint8(1)
)

type tcpInitialRTO struct {
	rtt                   uint16
	maxSynRetransmissions uint8
}

// dialer makes connections that fail as soon as they are refused. Windows
// answers a refusal with another SYN, twice, half a second apart, so that a
// closed port would look like a silent one to a short timeout. Attempts that
// are lost are repeated by the engine.
func dialer() net.Dialer {
	return net.Dialer{KeepAlive: -1, Control: func(network, _ string, c syscall.RawConn) error {
		if network[:3] != "tcp" {
			return nil
		}
		return c.Control(func(fd uintptr) {
			in := tcpInitialRTO{unspecifiedRTT, noSynRetransmissions}
			var out uint32
			// Before Windows 10 1709 this fails and a refusal takes its second.
			_ = windows.WSAIoctl(windows.Handle(fd), sioTCPInitialRTO,
				(*byte)(unsafe.Pointer(&in)), uint32(unsafe.Sizeof(in)), nil, 0, &out, nil, 0)
		})
	}}
}
