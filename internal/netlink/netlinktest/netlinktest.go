// Package netlinktest answers netlink requests in place of the kernel, so that
// what asks can be tested without rights and on any system.
package netlinktest

import (
	"context"
	"encoding/binary"
	"errors"
	"syscall"

	"porthole/internal/netlink"
)

// Dial returns a connection on which answer plays the kernel. Each message that
// it returns goes out as a datagram of its own, with the number of the request.
// The last one is to be [Done], or an [Errno] (of 0 for a plain success of
// [netlink.Conn.Do]); without, the connection breaks.
func Dial(answer func(request netlink.Message) []netlink.Message) *netlink.Conn {
	return netlink.NewConn(&link{answer: answer})
}

// Done ends a dump.
func Done() netlink.Message {
	return netlink.Message{Type: netlink.TypeDone, Flags: netlink.FlagMulti, Body: make([]byte, 4)}
}

// Errno refuses a request; 0 acknowledges it.
func Errno(errno syscall.Errno) netlink.Message {
	body := binary.NativeEndian.AppendUint32(nil, uint32(-int32(errno)))
	return netlink.Message{Type: netlink.TypeError, Body: body}
}

// errSilent is where a real connection would wait in vain.
var errSilent = errors.New("netlinktest: nothing more is answered")

type link struct {
	answer func(netlink.Message) []netlink.Message
	queue  [][]byte
}

func (l *link) Send(datagram []byte) error {
	request, rest, err := netlink.Next(datagram)
	if err != nil || len(rest) > 0 || request.Flags&netlink.FlagRequest == 0 {
		return syscall.EINVAL
	}
	for _, m := range l.answer(request) {
		m.Seq = request.Seq
		l.queue = append(l.queue, m.Append(nil))
	}
	return nil
}

func (l *link) Receive(ctx context.Context) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(l.queue) == 0 {
		return nil, errSilent
	}
	next := l.queue[0]
	l.queue = l.queue[1:]
	return next, nil
}

func (l *link) Close() error { return nil }
