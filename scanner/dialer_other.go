//go:build !windows

package scanner

import (
	"net"
	"syscall"
)

// dialer makes connections without keepalive, which would be two more system
// calls for a connection that is closed at once. It calls began with each socket
// just before that connects.
func dialer(began func(syscall.RawConn)) net.Dialer {
	return net.Dialer{KeepAlive: -1, Control: func(_, _ string, c syscall.RawConn) error { began(c); return nil }}
}

// hearErrors has nothing to do: a connected UDP socket reports ICMP errors.
func hearErrors(conn *net.UDPConn, err error) (*net.UDPConn, error) { return conn, err }
