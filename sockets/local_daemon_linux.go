package sockets

import (
	"context"
	"net"
	"time"
)

// askDaemon connects to the UNIX socket of a daemon and calls ask. Both together end
// after timeout, so that a list does not wait for a daemon that hangs.
func askDaemon(ctx context.Context, socket string, timeout time.Duration, ask func(net.Conn) error) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "unix", socket)
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	return ask(conn)
}
