package sockets

import (
	"context"
	"slices"
	"time"
)

// young is how old a process may be to be checked again.
const young = 10 * time.Second

// dropForked drops children that held a socket only between fork(2) and execve(2). Such
// a child has its parent's descriptors until it runs another program, whose name it may
// be read with. It has just started, and is one of several holders. dropForked is called
// after the names were read: a process that still holds the socket then held it under
// that name.
func (k *kernelSource) dropForked(ctx context.Context, rows []row) {
	k.dropForkedAt(ctx, rows, time.Now())
}

func (k *kernelSource) dropForkedAt(ctx context.Context, rows []row, now time.Time) {
	wanted := make(map[uint64]struct{})
	var pids []int
	for i := range rows {
		s := &rows[i].Socket
		if len(s.Processes) < 2 {
			continue
		}
		for j := range s.Processes {
			if p := &s.Processes[j]; now.Sub(p.Started) < young && !p.Started.IsZero() {
				wanted[s.Inode] = struct{}{}
				pids = append(pids, p.PID)
			}
		}
	}
	if len(pids) == 0 {
		return
	}
	slices.Sort(pids)
	pids = slices.Compact(pids)
	w, err := newWalker(k.procFS, wanted)
	if err != nil {
		return
	}
	defer w.close()
	seen := w.walk(ctx, pids)
	for _, d := range seen.anonymous {
		w.registered(d, &seen)
	}
	if ctx.Err() != nil {
		return
	}
	held := make(map[holding]bool, len(seen.held))
	for _, h := range seen.held {
		held[h] = true
	}
	gone := func(inode uint64, pid int) bool {
		_, asked := slices.BinarySearch(pids, pid)
		// A thread may have descriptors of its own.
		return asked && !held[newHolding(inode, pid)] && !seen.unreadable[pid] && !w.hasThreads(pid)
	}
	for i := range rows {
		if s := &rows[i].Socket; len(s.Processes) > 1 {
			left := slices.DeleteFunc(slices.Clone(s.Processes), func(p Process) bool { return gone(s.Inode, p.PID) })
			if len(left) > 0 {
				s.Processes = left
			}
		}
	}
}
