package sockets

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Lister lists this machine's sockets. Its zero value lists what waits for
// strangers (TCP listeners and unconnected UDP sockets) with all holders.
// It keeps nothing between calls and may be used by several goroutines.
type Lister struct {
	All       bool // every state, not just [Listen] and [Bound]
	NoProcess bool // rows only, fastest: Processes stay empty and Hidden unset

	system func() system // nil: this machine; tests put another in its place
}

// system is what List asks of the machine.
type system struct {
	// rows gives the sockets, with holders by PID only when want.holders.
	// The errors in the slice are warnings.
	rows func(ctx context.Context, want want) ([]row, []error, error)
	// describe reads one process. What may not be read stays unknown; the
	// only error is os.ErrProcessDone. It is called from several goroutines.
	describe func(ctx context.Context, pid int) (Process, error)
	// unseen is what keeps this process from seeing every other one.
	unseen func() Hidden
	// firstUnprivileged is the lowest port that anyone may bind.
	firstUnprivileged func() (uint16, error)
}

// want is how much of the machine's table to read.
type want struct{ all, holders bool }

// row is a socket as the kernel's table has it: holders by PID only.
type row struct {
	Socket
	pids []int
	fd   uint32 // of pids[0], where the table tells
}

// List reads the sockets of this machine now.
//
// A cancelled context ends it between two steps with the context's error;
// reading the kernel's table is one step. Any other error means that the
// table itself could not be read.
func (l *Lister) List(ctx context.Context) (Snapshot, error) {
	sys := l.open()
	snap := Snapshot{At: time.Now()}
	if err := ctx.Err(); err != nil {
		return Snapshot{}, err
	}
	rows, warnings, err := sys.rows(ctx, want{all: l.All, holders: !l.NoProcess})
	if ctxErr := ctx.Err(); ctxErr != nil {
		// An interrupted reading may look like a short one.
		return Snapshot{}, ctxErr
	}
	if err != nil {
		return Snapshot{}, fmt.Errorf("sockets: reading the socket table: %w", err)
	}
	snap.Warnings = warnings
	if err := markPrivileged(rows, sys.firstUnprivileged); err != nil {
		snap.Warnings = append(snap.Warnings, err)
	}
	if !l.NoProcess {
		if err := nameHolders(ctx, rows, sys, time.Now()); err != nil {
			return Snapshot{}, err
		}
	}
	snap.Sockets = make([]Socket, len(rows))
	for i := range rows {
		snap.Sockets[i] = rows[i].Socket
	}
	slices.SortFunc(snap.Sockets, compare)
	return snap, nil
}

func (l *Lister) open() system {
	if l.system != nil {
		return l.system()
	}
	return thisMachine()
}
