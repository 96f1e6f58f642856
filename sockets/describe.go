package sockets

import (
	"context"
	"os"
	"time"
)

// details is what gopsutil's process.Process tells. That package is imported
// where it is used, which is not on Linux: its CPU half reads /proc/stat at every
// start.
type details interface {
	NameWithContext(context.Context) (string, error)
	ExeWithContext(context.Context) (string, error)
	CmdlineSliceWithContext(context.Context) ([]string, error)
	UidsWithContext(context.Context) ([]int32, error)
	UsernameWithContext(context.Context) (string, error)
	CreateTimeWithContext(context.Context) (int64, error) // ms since 1970
}

// describeBy reads a process through gopsutil alone, on every system. exists
// asks whether there is one with that PID.
func describeBy(ctx context.Context, pid int, src details, exists func(context.Context, int32) (bool, error), people *users) (Process, error) {
	p := Process{PID: pid, UID: -1}
	name, err := src.NameWithContext(ctx)
	if err != nil {
		if alive, err := exists(ctx, int32(pid)); err == nil && !alive {
			return Process{}, os.ErrProcessDone
		}
	}
	p.Name = name
	fill(ctx, &p, src)
	if uids, err := src.UidsWithContext(ctx); err == nil && len(uids) > 0 {
		p.UID = effective(uids)
		p.User = people.name(p.UID)
	} else if name, err := src.UsernameWithContext(ctx); err == nil {
		p.User = name // Windows has no uids
	}
	if ms, err := src.CreateTimeWithContext(ctx); err == nil && ms > 0 {
		p.Started = time.UnixMilli(ms)
	}
	return p, nil
}

// fill adds executable and arguments. What may not be read stays unknown.
func fill(ctx context.Context, p *Process, src details) {
	if exe, err := src.ExeWithContext(ctx); err == nil {
		p.Exe = exe
	}
	if args, err := src.CmdlineSliceWithContext(ctx); err == nil {
		p.Cmdline = args
	}
}

// effective picks from gopsutil's uids: real, effective, … on most systems,
// the effective one alone on macOS. It is the effective one that may bind.
func effective(uids []int32) int {
	if len(uids) > 1 {
		return int(uint32(uids[1]))
	}
	return int(uint32(uids[0]))
}
