//go:build !windows

package scanner

import "net"

// dialer makes connections without keepalive, which would be two more system
// calls for a connection that is closed at once.
func dialer() net.Dialer { return net.Dialer{KeepAlive: -1} }
