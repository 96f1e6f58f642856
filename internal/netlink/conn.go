package netlink

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"syscall"
)

// Families of the kernel's netlink (linux/netlink.h), for [Dial].
const (
	Route     = 0  // NETLINK_ROUTE: links, addresses, routes
	SockDiag  = 4  // NETLINK_SOCK_DIAG: sockets
	Netfilter = 12 // NETLINK_NETFILTER: firewall rules, connection tracking
	Generic   = 16 // NETLINK_GENERIC: the families that have no number of their own
)

// Conn is a connection to one family of the kernel. It belongs to the network
// namespace of the thread that dialled it, wherever it is used from. One
// goroutine at a time may use it.
//
// After an error that is neither [ErrInterrupted], an [Error] nor one of the
// caller's own function, the connection is of no more use but to be closed.
type Conn struct {
	link Link
	seq  uint32
}

// Link carries datagrams to and from the kernel.
type Link interface {
	Send(datagram []byte) error
	// Receive returns the next datagram, which is valid until the next call.
	// It ends with the context's error within a second of its end.
	Receive(ctx context.Context) ([]byte, error)
	Close() error
}

// NewConn is a connection over a link of the caller's. It is for tests; see
// package netlinktest.
func NewConn(link Link) *Conn { return &Conn{link: link} }

// Close ends the connection.
func (c *Conn) Close() error { return c.link.Close() }

// Request asks the kernel something. Body is the family's own header (such as
// struct nfgenmsg) and the attributes behind it.
type Request struct {
	Type  uint16
	Flags uint16 // beside those that Dump and Do set
	Body  []byte
}

// ErrInterrupted says that the table changed while the kernel dumped it: parts
// may be missing or double. Ask again; see [Retry].
var ErrInterrupted = errors.New("the table changed while the kernel dumped it")

// Error is the kernel's refusal of a request.
type Error struct{ Errno syscall.Errno }

func (e Error) Error() string { return "the kernel answers: " + e.Errno.Error() }

// Unwrap lets errors.Is find the errno.
func (e Error) Unwrap() error { return e.Errno }

// Dump asks for a table, and calls f for each message of it. A message is
// valid until f returns. After an error of f the rest is read and dropped, so
// that the connection can be used again.
//
// The error is that of f, [ErrInterrupted] (f may have been called by then), an
// [Error], the context's, or tells of a malformed answer or a broken
// connection.
func (c *Conn) Dump(ctx context.Context, r Request, f func(Message) error) error {
	return c.exchange(ctx, r, FlagDump, f)
}

// Do asks for something that is no table, and returns once the kernel has done
// it. It calls f for each answer, of which there may be none; f may be nil. The
// errors are those of [Conn.Dump].
func (c *Conn) Do(ctx context.Context, r Request, f func(Message) error) error {
	return c.exchange(ctx, r, FlagAck, f)
}

// Retry calls read again as long as its error is [ErrInterrupted], 8 times at
// most. read begins anew each time.
func Retry(read func() error) error {
	const attempts = 8
	err := ErrInterrupted
	for i := 0; i < attempts && errors.Is(err, ErrInterrupted); i++ {
		err = read()
	}
	return err
}

// exchange sends a request and reads its answer to the end.
func (c *Conn) exchange(ctx context.Context, r Request, flags uint16, f func(Message) error) error {
	c.seq++
	request := Message{Type: r.Type, Flags: r.Flags | FlagRequest | flags, Seq: c.seq, Body: r.Body}
	if err := c.link.Send(request.Append(nil)); err != nil {
		return fmt.Errorf("asking the kernel: %w", err)
	}
	a := answer{seq: c.seq, f: f}
	for {
		datagram, err := c.link.Receive(ctx)
		if err != nil {
			return fmt.Errorf("reading the kernel's answer: %w", err)
		}
		done, err := a.read(datagram)
		if err != nil {
			return fmt.Errorf("reading the kernel's answer: %w", err)
		}
		if done {
			return a.err
		}
	}
}

// answer is what the kernel says to one request.
type answer struct {
	seq uint32
	f   func(Message) error
	err error // what it comes to: the first of all errors but malformed messages
}

// read takes one datagram, and reports whether it ends the answer. Messages
// with another number answer another request, which was given up.
func (a *answer) read(datagram []byte) (done bool, err error) {
	for len(datagram) > 0 {
		var m Message
		if m, datagram, err = Next(datagram); err != nil {
			return false, err
		}
		if m.Seq != a.seq {
			continue
		}
		if m.Flags&FlagInterrupted != 0 {
			a.fail(ErrInterrupted)
		}
		switch {
		case m.Type == TypeDone, m.Type == TypeError:
			end, err := endOf(m)
			a.fail(end)
			return true, err
		case m.Type == TypeOverrun:
			return false, errors.New("the kernel lost data")
		case m.Type == TypeNoop, a.err != nil, a.f == nil:
		default:
			a.fail(a.f(m))
		}
	}
	return false, nil
}

func (a *answer) fail(err error) {
	if a.err == nil {
		a.err = err
	}
}

// endOf reads how an answer ended: both messages begin with an errno, negative
// or zero. Old kernels send NLMSG_DONE without one.
func endOf(m Message) (end, malformed error) {
	if len(m.Body) < 4 {
		if m.Type == TypeDone {
			return nil, nil
		}
		return nil, fmt.Errorf("%w: error without a number", ErrShort)
	}
	const maxErrno = 4095 // MAX_ERRNO of linux/err.h
	number := int32(binary.NativeEndian.Uint32(m.Body))
	switch {
	case number == 0:
		return nil, nil
	case number > 0 || number < -maxErrno:
		return nil, fmt.Errorf("netlink error number %d is none", number)
	default:
		return Error{syscall.Errno(-number)}, nil
	}
}

// InterfaceName is the name of the network interface with that index in the
// connection's namespace; "" if there is none any more, or off Linux.
func (c *Conn) InterfaceName(index uint32) string {
	if link, ok := c.link.(interface{ interfaceName(uint32) string }); ok {
		return link.interfaceName(index)
	}
	return ""
}
