//go:build !windows

package scanner

import "net"

// dialer makes connections without keepalive, which would be two more system
// calls for a connection that is closed at once.
func dialer() net.Dialer { return net.Dialer{KeepAlive: -1} }

// hearErrors has nothing to do: a connected UDP socket reports ICMP errors.
func hearErrors(conn *net.UDPConn, err error) (*net.UDPConn, error) { return conn, err }
