package sockdiag

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"porthole/internal/netlink"
)

// ErrUnavailable says that this system has no sock_diag, or refuses it to this
// process.
var ErrUnavailable = errors.New("sock_diag is not available")

// ErrInterrupted says that the table changed while the kernel dumped it: rows
// may be missing or double.
var ErrInterrupted = netlink.ErrInterrupted

// Conn asks the kernel. It belongs to the network namespace of the thread that
// opened it, wherever it is used from. One goroutine at a time may use it.
type Conn struct{ netlink *netlink.Conn }

// Open connects to the namespace of the calling thread. The error is
// [ErrUnavailable], with the reason behind it.
func Open() (*Conn, error) {
	c, err := netlink.Dial(netlink.SockDiag)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return &Conn{c}, nil
}

// Close ends the connection.
func (c *Conn) Close() error { return c.netlink.Close() }

// Dump adds the sockets that r asks for to into. A dump during which the table
// changed is thrown away and asked for again; if that goes on the error is
// [ErrInterrupted]. On any error into comes back as it was; after one that is
// no [netlink.Error] (ENOENT: the kernel does not know the protocol) the
// connection is of no more use.
func (c *Conn) Dump(ctx context.Context, r Request, into []Socket) ([]Socket, error) {
	request, found := r.netlink(), into
	err := netlink.Retry(func() error {
		found = into
		return c.netlink.Dump(ctx, request, func(m netlink.Message) error {
			if m.Type != typeByFamily {
				return fmt.Errorf("netlink message of type %d, which sock_diag does not send", m.Type)
			}
			if len(found) == cap(found) { // append would grow it by a quarter, and copy four times as much
				found = slices.Grow(found, max(64, len(found)))
			}
			found = found[:len(found)+1]
			return found[len(found)-1].decode(m.Body)
		})
	})
	if err != nil {
		return into, err
	}
	return found, nil
}

// DeviceName is the name of the network interface with that index in the
// connection's namespace; "" if there is none any more.
func (c *Conn) DeviceName(index uint32) string { return c.netlink.InterfaceName(index) }
