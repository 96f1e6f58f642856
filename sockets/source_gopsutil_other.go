//go:build !linux && !windows

package sockets

import (
	"context"
	"errors"
	"os"
	"os/exec"

	psnet "github.com/shirou/gopsutil/v3/net"
)

// errOthersMissing is the warning on systems that show an ordinary user only
// that user's own sockets.
var errOthersMissing = errors.New("sockets: only your own processes' sockets are listed; run as root to see all")

// openGopsutil reads macOS and the BSDs, where gopsutil asks lsof or netstat.
func openGopsutil() source {
	people := &users{}
	return &gopsutilSource{
		table:   gopsutil{connections: lsofConnections, perHolder: true, embedsZone: true},
		process: func(ctx context.Context, pid int) (Process, error) { return describePID(ctx, pid, people) },
		people:  people,
		blocked: func() Hidden {
			if os.Geteuid() != 0 {
				return HiddenPermission
			}
			return HiddenNone
		},
		first: func() (uint16, error) { return defaultFirstUnprivileged, nil },
	}
}

func lsofConnections(ctx context.Context, _ bool) ([]psnet.ConnectionStat, []error, error) {
	conns, err := psnet.ConnectionsWithContext(ctx, "inet")
	if errors.Is(err, exec.ErrNotFound) {
		return nil, nil, toolError("lsof", "", err)
	}
	if os.Geteuid() != 0 {
		return conns, []error{errOthersMissing}, err
	}
	return conns, nil, err
}
