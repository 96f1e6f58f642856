package sockets

import (
	"context"

	psnet "github.com/shirou/gopsutil/v3/net"
)

// thisMachine reads Windows through GetExtendedTcpTable and
// GetExtendedUdpTable, which name every socket's process to everyone.
func thisMachine() system {
	table := gopsutil{
		connections: func(ctx context.Context, _ bool) ([]psnet.ConnectionStat, []error, error) {
			conns, err := psnet.ConnectionsWithContext(ctx, "inet")
			return conns, nil, err
		},
	}
	people := &users{}
	return system{
		rows: table.rows,
		describe: func(ctx context.Context, pid int) (Process, error) {
			return describePID(ctx, pid, people)
		},
		userName: people.name,
		unseen:   func() Hidden { return HiddenNone },
		// Windows lets everyone bind every port.
		firstUnprivileged: func() (uint16, error) { return 0, nil },
	}
}
