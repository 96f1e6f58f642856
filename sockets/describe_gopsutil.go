//go:build !linux && !windows && !darwin

package sockets

import (
	"context"

	"github.com/shirou/gopsutil/v3/process"
)

// describePID asks gopsutil for one process. Not by NewProcess: it asks more
// than is needed before anything is asked.
func describePID(ctx context.Context, pid int, people *users) (Process, error) {
	return describeBy(ctx, pid, &process.Process{Pid: int32(pid)}, process.PidExistsWithContext, people)
}
