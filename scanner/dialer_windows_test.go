package scanner

import (
	"errors"
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"
)

// udpPair are two UDP sockets of Winsock on loopback, the first connected to the
// second. They are not Go's, which some versions of Wine cannot make.
func udpPair(t *testing.T) (asks, answers windows.Handle) {
	t.Helper()
	open := func() windows.Handle {
		s, err := windows.Socket(windows.AF_INET, windows.SOCK_DGRAM, windows.IPPROTO_UDP)
		if err == nil {
			err = windows.Bind(s, &windows.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
		}
		if err == nil {
			const milliseconds = 2000
			err = windows.SetsockoptInt(s, windows.SOL_SOCKET, windows.SO_RCVTIMEO, milliseconds)
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { windows.Closesocket(s) })
		return s
	}
	asks, answers = open(), open()
	to, err := windows.Getsockname(answers)
	if err == nil {
		err = windows.Connect(asks, to)
	}
	if err != nil {
		t.Fatal(err)
	}
	return asks, answers
}

// exchange sends a datagram and waits for one.
func exchange(s windows.Handle) error {
	b := []byte("x")
	buf := windows.WSABuf{Len: 1, Buf: &b[0]}
	var n, flags uint32
	if err := windows.WSASend(s, &buf, 1, &n, 0, nil, nil); err != nil {
		return err
	}
	return windows.WSARecv(s, &buf, 1, &n, &flags, nil, nil)
}

// TestReportICMP holds that a socket that was told to be silent, as Go tells
// its own, reports again that nobody waits on a port.
func TestReportICMP(t *testing.T) {
	asks, answers := udpPair(t)
	var off, out uint32
	err := windows.WSAIoctl(asks, windows.SIO_UDP_CONNRESET, (*byte)(unsafe.Pointer(&off)), uint32(unsafe.Sizeof(off)), nil, 0, &out, nil, 0)
	if err != nil {
		t.Skip("this system has no SIO_UDP_CONNRESET: ", err)
	}
	windows.Closesocket(answers)
	if err := exchange(asks); !errors.Is(err, windows.WSAETIMEDOUT) {
		t.Skip("this system reports it whatever it is told: ", err)
	}
	reportICMP(uintptr(asks))
	err = exchange(asks)
	errno, _ := errors.AsType[windows.Errno](err)
	if got := classifyErrno("udp", errno); got != (verdict{StateClosed, ReasonPortUnreach}) {
		t.Errorf("%v: %v", err, got)
	}
}
