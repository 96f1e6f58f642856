package explain

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"os"
	"strconv"

	"porthole/internal/record"
)

// ErrNoneFree is the error of [FirstFree] if no port can be bound.
var ErrNoneFree = errors.New("no port of them can be bound")

// TryBind binds a port on every address, as a server would, with the options that
// Go's servers set (SO_REUSEADDR on Unix), and closes it at once. The outcome is
// one of [record.BindFree] and the others. The reason is the error of the system,
// "" if the port is free.
func TryBind(ctx context.Context, proto string, port uint16) (outcome, reason string) {
	at := net.JoinHostPort("", strconv.Itoa(int(port)))
	var err error
	if proto == "udp" {
		var conn net.PacketConn
		if conn, err = (&net.ListenConfig{}).ListenPacket(ctx, "udp", at); err == nil {
			err = conn.Close()
		}
	} else {
		var l net.Listener
		if l, err = (&net.ListenConfig{}).Listen(ctx, "tcp", at); err == nil {
			err = l.Close()
		}
	}
	switch {
	case err == nil:
		return record.BindFree, ""
	case inUse(err):
		return record.BindInUse, err.Error()
	case errors.Is(err, os.ErrPermission):
		return record.BindDenied, err.Error()
	default:
		return record.BindFailed, err.Error()
	}
}

// FirstFree returns the first of the ports that can be bound. The error wraps
// [ErrNoneFree] if there is none.
func FirstFree(ctx context.Context, proto string, ports iter.Seq[uint16]) (uint16, error) {
	tried := 0
	for port := range ports {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if port == 0 {
			continue // the kernel would choose any
		}
		tried++
		if outcome, _ := TryBind(ctx, proto, port); outcome == record.BindFree {
			return port, nil
		}
	}
	return 0, fmt.Errorf("%w (%d tried)", ErrNoneFree, tried)
}
