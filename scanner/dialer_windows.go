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

// prepareDial has a connection fail as soon as it is refused. Windows answers a
// refusal with another SYN, twice, half a second apart, so that a closed port would
// look like a silent one to a short timeout. Attempts that are lost are repeated by the
// scheduler.
func prepareDial(network string, c syscall.RawConn) error {
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
}

// hearErrors makes a connected UDP socket report what ICMP says of its datagrams:
// port unreachable as WSAECONNRESET, an expired time to live as WSAENETRESET. Go
// turns both off when it connects (golang.org/issue/5834, golang.org/issue/68614),
// after [net.Dialer.Control], and without them a closed port looks silent.
func hearErrors(conn *net.UDPConn, err error) (*net.UDPConn, error) {
	if err != nil {
		return nil, err
	}
	raw, err := conn.SyscallConn()
	if err == nil {
		err = raw.Control(reportICMP)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// reportICMP turns the reports on. Where Windows refuses one there is only silence
// to go by, which is never taken for a closed port.
func reportICMP(fd uintptr) {
	for _, code := range []uint32{windows.SIO_UDP_CONNRESET, windows.SIO_UDP_NETRESET} {
		on := uint32(1) // a BOOL
		var out uint32
		_ = windows.WSAIoctl(windows.Handle(fd), code, (*byte)(unsafe.Pointer(&on)), uint32(unsafe.Sizeof(on)), nil, 0, &out, nil, 0)
	}
}
