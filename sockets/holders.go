package sockets

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// nameHolders turns the rows' PIDs into processes. read is when the rows had
// been read: a process that started later is another one under a used PID.
func nameHolders(ctx context.Context, rows []row, src source, read time.Time) error {
	var pids []int
	for i := range rows {
		pids = append(pids, rows[i].pids...)
	}
	slices.Sort(pids)
	known, err := src.describe(ctx, slices.Compact(pids))
	if err != nil {
		return err
	}
	unreadable := src.unreadable()
	for i := range rows {
		s := &rows[i].Socket
		for _, pid := range rows[i].pids {
			if p, ok := known[pid]; ok && !p.Started.After(read) {
				s.Processes = append(s.Processes, p)
			}
		}
		switch {
		case len(s.Processes) > 0:
			s.Hidden = HiddenNone
		case len(rows[i].pids) > 0:
			s.Hidden = HiddenNoOwner // it had holders, and all of them ended
		case s.Hidden == HiddenNone:
			s.Hidden = whyHidden(s.State, unreadable)
		}
	}
	return nil
}

// describeAll reads each process once. One that ended meanwhile is left out.
// Readers work side by side because some systems run a program (ps) to answer;
// more than there are processors get in each other's way.
func describeAll(ctx context.Context, pids []int, describe func(context.Context, int) (Process, error)) (map[int]Process, error) {
	readers := min(4, runtime.GOMAXPROCS(0))
	processes := make([]*Process, len(pids))
	var next atomic.Int64
	var working sync.WaitGroup
	read := func() {
		for ctx.Err() == nil {
			i := int(next.Add(1)) - 1
			if i >= len(pids) {
				return
			}
			if p, err := describe(ctx, pids[i]); err == nil {
				processes[i] = &p
			}
		}
	}
	for range min(readers, len(pids)) - 1 { // this goroutine is one
		working.Go(read)
	}
	read()
	working.Wait()
	if err := ctx.Err(); err != nil {
		// A reading that was cut off may look like an ended process.
		return nil, err
	}
	known := make(map[int]Process, len(pids))
	for i, p := range processes {
		if p != nil {
			known[pids[i]] = *p
		}
	}
	return known, nil
}
