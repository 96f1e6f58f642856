package sockets

import (
	"context"
	"os"
)

// openOwn reads macOS: the sockets by lsof, once for all holders, and the processes
// by sysctl.
func openOwn() source {
	lsof := findTool("lsof", "/usr/sbin/lsof")
	people := &users{}
	root := os.Geteuid() == 0
	return &ownSource{
		read: func(ctx context.Context, _ want) ([]row, []error, error) {
			rows, warnings, err := lsofRows(ctx, lsof)
			if err == nil && !root {
				warnings = append(warnings, errOthersMissing)
			}
			for i := range rows {
				rows[i].Local = extractZone(rows[i].Local, interfaceName)
				rows[i].Remote = extractZone(rows[i].Remote, interfaceName)
			}
			return rows, warnings, err
		},
		rules: func() (bindRules, error) { return bindRules{first: defaultFirstUnprivileged, wildcard: true}, nil },
		gopsutilSource: gopsutilSource{
			process: func(ctx context.Context, pid int) (Process, error) { return describePID(ctx, pid, people) },
			people:  people,
			blocked: func() Hidden {
				if !root {
					return HiddenPermission
				}
				return HiddenNone
			},
		},
	}
}
