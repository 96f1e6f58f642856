package sockets

import (
	"context"

	"github.com/shirou/gopsutil/v3/process"
)

// describePID is that of the other systems, which Linux can do too.
func describePID(ctx context.Context, pid int, people *users) (Process, error) {
	return describe(ctx, pid, &process.Process{Pid: int32(pid)}, process.PidExistsWithContext, people)
}
