//go:build !linux

package sockets

import (
	"context"

	"github.com/shirou/gopsutil/v3/process"
)

// openSource has no other source than gopsutil here.
func openSource(s Source, noBPF bool) (source, error) {
	if s == SourceKernel {
		return nil, ErrNoSource
	}
	return openGopsutil(), nil
}

// describePID asks gopsutil for one process. Not by NewProcess: it asks more
// than is needed before anything is asked.
func describePID(ctx context.Context, pid int, people *users) (Process, error) {
	return describeBy(ctx, pid, &process.Process{Pid: int32(pid)}, process.PidExistsWithContext, people)
}
