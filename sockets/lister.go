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
	All       bool  // every state, not just [StateListen] and [StateBound]
	NoProcess bool  // rows only, fastest: Processes stay empty and Hidden unset
	NetNS     Scope // which network namespaces, on Linux

	system func() system // nil: this machine; tests put another in its place
}

// Scope is which network namespaces to list.
type Scope uint8

const (
	ScopeAll  Scope = iota // all that may be read
	ScopeSelf              // the one of the calling thread
)

// system is what List asks of the machine.
type system struct {
	// rows gives the sockets, with holders by PID only when want.holders.
	// The errors in the slice are warnings.
	rows func(ctx context.Context, want want) ([]row, []error, error)
	// describe reads one process. What may not be read stays unknown; the
	// only error is os.ErrProcessDone. It is called from several goroutines.
	describe func(ctx context.Context, pid int) (Process, error)
	// changed picks those that were described but may have been another's, or
	// something else, meanwhile: they have to be described again; nil none.
	changed func(ctx context.Context, pids []int) []int
	// unseen is what keeps this process from seeing every other one.
	unseen func() Hidden
	// firstUnprivileged is the lowest port that anyone may bind.
	firstUnprivileged func() (uint16, error)
	// userName is the name of a user, "" without one.
	userName func(uid int) string
	// finish adds what is known of the rows once their holders are; nil nothing.
	finish func(ctx context.Context, want want, rows []row)
	// holders finds the PIDs for rows that were read without; nil where rows
	// and holders are one question.
	holders func(ctx context.Context, rows []row) error
	// alive tells whether a process is still there, cheaply; nil not known.
	alive func(pid int) bool
	// close lets go of what rows opened; nil nothing.
	close func()
}

func (s *system) end() {
	if s.close != nil {
		s.close()
	}
}

// want is how much of the machine's table to read.
type want struct {
	all, holders, self bool
	// brief leaves out what never changes and costs extra: MPTCP.
	brief bool
}

func (l *Lister) want() want {
	return want{all: l.All, holders: !l.NoProcess, self: l.NetNS == ScopeSelf}
}

// row is a socket as the kernel's table has it: holders by PID only.
type row struct {
	Socket
	pids   []int
	fd     uint32 // of pids[0], where the table tells
	cgroup uint64 // id of the cgroup v2 where it was made; 0 unknown
	place  *place // what is known of binding in its network namespace; nil nothing
	space  int    // that namespace, as its reader numbers them from 1; 0 unknown
	met    bool   // that namespace was met on the walk for the holders: rows alone lack it
}

// List reads the sockets of this machine now.
//
// A cancelled context ends it between two steps with the context's error;
// reading the kernel's table is one step. Any other error means that the
// table itself could not be read.
func (l *Lister) List(ctx context.Context) (Snapshot, error) {
	sys := l.open()
	defer sys.end()
	snap, _, err := l.list(ctx, sys)
	return snap, err
}

// list is List, which has the rows left over.
func (l *Lister) list(ctx context.Context, sys system) (Snapshot, []row, error) {
	snap := Snapshot{At: time.Now()}
	if err := ctx.Err(); err != nil {
		return Snapshot{}, nil, err
	}
	want := l.want()
	rows, warnings, err := sys.rows(ctx, want)
	if ctxErr := ctx.Err(); ctxErr != nil {
		// An interrupted reading may look like a short one.
		return Snapshot{}, nil, ctxErr
	}
	if err != nil {
		return Snapshot{}, nil, fmt.Errorf("sockets: reading the socket table: %w", err)
	}
	more, err := l.complete(ctx, sys, want, rows)
	if err != nil {
		return Snapshot{}, nil, err
	}
	snap.Warnings = append(warnings, more...)
	snap.Sockets = sorted(rows)
	return snap, rows, nil
}

// complete adds to rows with their PIDs what is known of them. The only error is
// the context's.
func (l *Lister) complete(ctx context.Context, sys system, want want, rows []row) (warnings []error, err error) {
	if err := markPrivileged(rows, sys.firstUnprivileged); err != nil {
		warnings = append(warnings, err)
	}
	if want.holders {
		if err := nameHolders(ctx, rows, sys, time.Now()); err != nil {
			return nil, err
		}
	}
	for i := range rows {
		if s := &rows[i].Socket; s.UID >= 0 && sys.userName != nil {
			s.User = sys.userName(s.UID)
		}
	}
	if sys.finish != nil {
		sys.finish(ctx, want, rows)
	}
	return warnings, nil
}

// sorted takes the sockets out of the rows, in order. A row is large: its
// address is moved about instead, with what most pairs differ in.
func sorted(rows []row) []Socket {
	type place struct {
		port   uint16
		socket *Socket
	}
	order := make([]place, len(rows))
	for i := range rows {
		order[i] = place{rows[i].Local.Port(), &rows[i].Socket}
	}
	slices.SortFunc(order, func(a, b place) int {
		if a.port != b.port {
			return int(a.port) - int(b.port)
		}
		return compare(a.socket, b.socket)
	})
	sockets := make([]Socket, len(order))
	for i := range order {
		sockets[i] = *order[i].socket
	}
	groupSharers(sockets)
	return sockets
}

func (l *Lister) open() system {
	if l.system != nil {
		return l.system()
	}
	return thisMachine()
}
