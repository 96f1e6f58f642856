package sockets

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Lister lists this machine's sockets. Its zero value lists those that wait for peers
// (TCP listeners and unconnected UDP sockets), with all holders. It keeps nothing
// between calls and may be used by several goroutines.
type Lister struct {
	All       bool   // every state, not just [StateListen] and [StateBound]
	NoProcess bool   // rows only, fastest: Processes stay empty and Hidden unset
	NetNS     Scope  // which network namespaces, on Linux
	Source    Source // where sockets come from; see docs/design.md for what each can tell
	NoBPF     bool   // load no program into the kernel: holders are looked for in /proc alone, more slowly

	// Firewalls is how much to read of what keeps connections out, for
	// [Snapshot.Namespaces].
	Firewalls Firewalls

	open func() source // nil: this machine; tests put another in its place
}

// Scope is which network namespaces to list.
type Scope uint8

const (
	ScopeAll  Scope = iota // all that may be read
	ScopeSelf              // the one of the calling thread
)

func (l *Lister) want() want {
	w := want{all: l.All, holders: !l.NoProcess, self: l.NetNS == ScopeSelf, links: l.Firewalls == FirewallsAll}
	if l.Firewalls != FirewallsNone {
		w.firewall = readFirewall
	}
	return w
}

// List reads the sockets of this machine now.
//
// A cancelled context ends it between two steps with the context's error;
// reading the kernel's table is one step. [ErrNoSource] means that this system
// does not have [Lister.Source]. Any other error means that the table itself could
// not be read.
func (l *Lister) List(ctx context.Context) (Snapshot, error) {
	src, err := l.openSource()
	if err != nil {
		return Snapshot{}, err
	}
	defer src.close()
	snap, _, err := l.list(ctx, src, l.want())
	return snap, err
}

// list is List; it returns the rows, too.
func (l *Lister) list(ctx context.Context, src source, want want) (Snapshot, []row, error) {
	snap := Snapshot{At: time.Now()}
	if err := ctx.Err(); err != nil {
		return Snapshot{}, nil, err
	}
	rows, warnings, err := src.rows(ctx, want)
	if ctxErr := ctx.Err(); ctxErr != nil {
		// An interrupted reading may look like a short one.
		return Snapshot{}, nil, ctxErr
	}
	if err != nil {
		return Snapshot{}, nil, fmt.Errorf("sockets: reading the socket table: %w", err)
	}
	more, err := l.complete(ctx, src, want, rows)
	if err != nil {
		return Snapshot{}, nil, err
	}
	snap.Warnings = append(warnings, more...)
	snap.Sockets = sorted(rows)
	snap.Namespaces = src.namespaces()
	return snap, rows, nil
}

// complete adds the rest to rows whose PIDs are known. The only error is the
// context's.
func (l *Lister) complete(ctx context.Context, src source, want want, rows []row) (warnings []error, err error) {
	if err := markPrivileged(rows, src.firstUnprivileged); err != nil {
		warnings = append(warnings, err)
	}
	if want.holders {
		if err := nameHolders(ctx, rows, src, time.Now()); err != nil {
			return nil, err
		}
	}
	for i := range rows {
		if s := &rows[i].Socket; s.UID >= 0 {
			s.User = src.userName(s.UID)
		}
	}
	return append(warnings, src.finish(ctx, want, rows)...), nil
}

// sorted takes the sockets out of the rows, in order. Rows are large, so pointers to
// them are sorted, with the port beside, in which most pairs differ.
func sorted(rows []row) []Socket {
	type at struct {
		port   uint16
		socket *Socket
	}
	order := make([]at, len(rows))
	for i := range rows {
		order[i] = at{rows[i].Local.Port(), &rows[i].Socket}
	}
	slices.SortFunc(order, func(a, b at) int {
		if a.port != b.port {
			return int(a.port) - int(b.port)
		}
		return compare(a.socket, b.socket)
	})
	sockets := make([]Socket, len(order))
	for i := range order {
		sockets[i] = *order[i].socket
	}
	groupReuseport(sockets)
	return sockets
}
