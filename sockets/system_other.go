//go:build !linux && !windows

package sockets

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	psnet "github.com/shirou/gopsutil/v3/net"
)

// errOthersMissing is the warning on systems that show an ordinary user only
// that user's own sockets.
var errOthersMissing = errors.New("sockets: only your own processes' sockets are listed; run as root to see all")

// thisMachine reads macOS and the BSDs, where gopsutil asks lsof or netstat.
func thisMachine() system {
	table := gopsutil{connections: lsofConnections, perHolder: true, embedsZone: true}
	people := &users{}
	return system{
		rows: table.rows,
		describe: func(ctx context.Context, pid int) (Process, error) {
			return describePID(ctx, pid, people)
		},
		userName: people.name,
		unseen: func() Hidden {
			if os.Geteuid() != 0 {
				return HiddenPermission
			}
			return HiddenNone
		},
		firstUnprivileged: func() (uint16, error) { return defaultFirstUnprivileged, nil },
	}
}

func lsofConnections(ctx context.Context, _ bool) ([]psnet.ConnectionStat, []error, error) {
	conns, err := psnet.ConnectionsWithContext(ctx, "inet")
	if errors.Is(err, exec.ErrNotFound) {
		return nil, nil, fmt.Errorf("%w; install lsof", err)
	}
	if os.Geteuid() != 0 {
		return conns, []error{errOthersMissing}, err
	}
	return conns, nil, err
}
