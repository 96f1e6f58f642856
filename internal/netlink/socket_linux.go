package netlink

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Dial connects to one of the kernel's families, such as [Route], in the
// network namespace of the calling thread. The error has the errno behind it:
// EPROTONOSUPPORT where the kernel lacks the family, EPERM or EACCES where a
// filter refuses it, EMFILE without descriptors.
func Dial(family int) (*Conn, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, family)
	if err != nil {
		return nil, fmt.Errorf("opening a netlink socket: %w", err)
	}
	// To wake now and then is what makes a context heard. It hardly ever
	// happens: the answer is there when the request was sent.
	wake := unix.NsecToTimeval(wakeEvery * 1e6)
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wake); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("preparing a netlink socket: %w", err)
	}
	return NewConn(&socket{fd: fd, buffer: make([]byte, bufferLen)}), nil
}

const (
	// bufferLen holds any datagram: the kernel fills at most 32 KiB for a dump
	// (netlink_recvmsg of net/netlink/af_netlink.c).
	bufferLen = 64 << 10

	wakeEvery     = 200      // ms
	answerTimeout = 5 * 1000 // ms
)

// socket is the link to the kernel.
type socket struct {
	fd     int
	buffer []byte
}

func (s *socket) Send(datagram []byte) error {
	for {
		err := unix.Sendto(s.fd, datagram, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// Receive passes over datagrams from others than the kernel, who may send too.
func (s *socket) Receive(ctx context.Context) ([]byte, error) {
	for waited := 0; waited < answerTimeout; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n, from, err := unix.Recvfrom(s.fd, s.buffer, unix.MSG_TRUNC)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
			waited += wakeEvery
			continue
		case err != nil:
			return nil, err
		}
		if sender, ok := from.(*unix.SockaddrNetlink); !ok || sender.Pid != 0 {
			continue
		}
		if n > len(s.buffer) {
			return nil, fmt.Errorf("%w: datagram of %d bytes", ErrShort, n)
		}
		return s.buffer[:n], nil
	}
	// A defect of the kernel, or of what plays its part.
	return nil, fmt.Errorf("no answer within %d s: %w", answerTimeout/1000, os.ErrDeadlineExceeded)
}

func (s *socket) Close() error { return unix.Close(s.fd) }

// interfaceName asks by SIOCGIFNAME (netdevice(7)).
func (s *socket) interfaceName(index uint32) string {
	request, err := unix.NewIfreq("?")
	if err != nil {
		return ""
	}
	request.SetUint32(index)
	if unix.IoctlIfreq(s.fd, unix.SIOCGIFNAME, request) != nil {
		return ""
	}
	return request.Name()
}
