package sockdiag

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"

	"porthole/internal/netlink"
)

// Conn asks the kernel. It belongs to the network namespace of the thread that
// opened it, wherever it is used from. One goroutine at a time may use it.
type Conn struct {
	fd     int
	seq    uint32
	buffer []byte

	ask    func(request []byte) error
	answer func(context.Context) ([]byte, error) // the next datagram, until the next call
}

const (
	// bufferLen holds any datagram: the kernel fills at most 32 KiB for a dump
	// (netlink_recvmsg of net/netlink/af_netlink.c).
	bufferLen = 64 << 10

	attempts = 8 // at a dump that is interrupted
	patience = 5 // seconds for an answer, which the kernel has at once
)

// Open connects to the namespace of the calling thread. The error is
// [ErrUnavailable], with the errno behind it.
func Open() (*Conn, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	// Waking once a second is what makes a context heard.
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 1}); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	c := &Conn{fd: fd, buffer: make([]byte, bufferLen)}
	c.ask, c.answer = c.send, c.receive
	return c, nil
}

// Close ends the connection.
func (c *Conn) Close() error { return unix.Close(c.fd) }

// Dump adds the sockets that r asks for to into. A dump during which the table
// changed under the kernel's hands is thrown away and asked for again; if that
// goes on the error is [ErrInterrupted]. On any error into comes back as it
// was; after one other than a syscall.Errno that the kernel answered with
// (ENOENT: it does not know the protocol), the connection is of no more use.
func (c *Conn) Dump(ctx context.Context, r Request, into []Socket) ([]Socket, error) {
	for range attempts {
		sockets, err := c.dump(ctx, r, into)
		if err == nil {
			return sockets, nil
		}
		if !errors.Is(err, ErrInterrupted) {
			return into, err
		}
	}
	return into, ErrInterrupted
}

// dump asks once and reads to the end of the answer.
func (c *Conn) dump(ctx context.Context, r Request, into []Socket) ([]Socket, error) {
	c.seq++
	if err := c.ask(r.Append(nil, c.seq)); err != nil {
		return nil, fmt.Errorf("asking sock_diag: %w", err)
	}
	var interrupted error
	for {
		datagram, err := c.answer(ctx)
		if err != nil {
			return nil, err
		}
		done, err := Visit(datagram, c.seq, func(s *Socket) {
			if len(into) == cap(into) { // append would grow it by a quarter, and copy four times as much
				into = slices.Grow(into, max(64, len(into)))
			}
			into = append(into, *s)
		})
		if errors.Is(err, ErrInterrupted) {
			interrupted = err
		} else if err != nil {
			return nil, err
		}
		if done {
			return into, interrupted
		}
	}
}

func (c *Conn) send(request []byte) error {
	return unix.Sendto(c.fd, request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
}

// errSilent would be a defect of the kernel, or of what plays its part.
var errSilent = errors.New("sock_diag does not answer")

// receive gives the next datagram from the kernel; others may send too.
func (c *Conn) receive(ctx context.Context) ([]byte, error) {
	for waited := 0; waited < patience; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n, from, err := unix.Recvfrom(c.fd, c.buffer, unix.MSG_TRUNC)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
			waited++
			continue
		case err != nil:
			return nil, fmt.Errorf("reading from sock_diag: %w", err)
		}
		if sender, ok := from.(*unix.SockaddrNetlink); !ok || sender.Pid != 0 {
			continue
		}
		if n > len(c.buffer) {
			return nil, fmt.Errorf("%w: datagram of %d bytes", netlink.ErrShort, n)
		}
		return c.buffer[:n], nil
	}
	return nil, errSilent
}

// DeviceName is the name of the interface with that index in the connection's
// namespace; "" if there is none any more (netdevice(7), SIOCGIFNAME).
func (c *Conn) DeviceName(index uint32) string {
	request, err := unix.NewIfreq("?")
	if err != nil {
		return ""
	}
	request.SetUint32(index)
	if unix.IoctlIfreq(c.fd, unix.SIOCGIFNAME, request) != nil {
		return ""
	}
	return request.Name()
}
