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

// ErrNoneFree is why there is no port to name.
var ErrNoneFree = errors.New("no port of them can be bound")

// TryBind binds every address of a port as a server would, with the options
// that Go's servers set (SO_REUSEADDR on Unix), and lets go of it at once. The
// outcome is one of record's; reason is the system's for any but free.
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

// FirstFree is the first of the ports that can be bound.
func FirstFree(ctx context.Context, proto string, ports iter.Seq[uint16]) (uint16, error) {
	tried := 0
	for port := range ports {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if port == 0 {
			continue // asks the kernel for any
		}
		tried++
		if outcome, _ := TryBind(ctx, proto, port); outcome == record.BindFree {
			return port, nil
		}
	}
	return 0, fmt.Errorf("%w (%d tried)", ErrNoneFree, tried)
}
