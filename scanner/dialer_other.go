//go:build !windows && !linux

package scanner

import (
	"net"
	"syscall"
)

// prepareDial has nothing to do: one refusal ends a connect.
func prepareDial(string, syscall.RawConn) error { return nil }

// hearErrors has nothing to do: a connected UDP socket reports ICMP errors.
func hearErrors(conn *net.UDPConn, err error) (*net.UDPConn, error) { return conn, err }
