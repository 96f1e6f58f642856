//go:build !linux

package sockdiag

import "context"

// Conn asks the kernel, on Linux only.
type Conn struct{}

// Open answers [ErrUnavailable]: sock_diag is Linux's.
func Open() (*Conn, error) { return nil, ErrUnavailable }

// Close does nothing.
func (c *Conn) Close() error { return nil }

// Dump answers [ErrUnavailable].
func (c *Conn) Dump(_ context.Context, _ Request, into []Socket) ([]Socket, error) {
	return into, ErrUnavailable
}

// DeviceName knows no interface.
func (c *Conn) DeviceName(uint32) string { return "" }
