package sockets

import (
	"context"

	psnet "github.com/shirou/gopsutil/v3/net"
)

// openGopsutil reads Windows through GetExtendedTcpTable and
// GetExtendedUdpTable, which name every socket's process to everyone.
func openGopsutil() source {
	people := &users{}
	return &gopsutilSource{
		table: gopsutil{
			connections: func(ctx context.Context, _ bool) ([]psnet.ConnectionStat, []error, error) {
				conns, err := psnet.ConnectionsWithContext(ctx, "inet")
				return conns, nil, err
			},
		},
		process: func(ctx context.Context, pid int) (Process, error) { return describePID(ctx, pid, people) },
		people:  people,
		blocked: func() Hidden { return HiddenNone },
		// Windows lets everyone bind every port.
		first: func() (uint16, error) { return 0, nil },
	}
}
