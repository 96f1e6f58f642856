package sockets

import (
	"context"
	"fmt"
	"slices"
	"time"

	"porthole/internal/firewall"
)

// Watcher lists the sockets again and again, and tells what changed. Its zero value
// watches what the zero [Lister] lists. It remembers what it saw: on Linux, where rows
// can be read without holders, it looks for the holders of new sockets alone, so that a
// refresh costs a small part of a list.
//
// New holders of a known socket (by a fork), and another program in a holder (by
// execve), are found by a full listing: every 30 seconds, and within 5 once a holder has
// ended. A Watcher must not be used by several goroutines at once.
type Watcher struct {
	Lister Lister // what to list; not to be changed after the first Refresh

	known map[identity]*sighting
	last  uint64    // the number given last
	round uint64    // counts the listings
	full  time.Time // of the last full listing
	cheap bool      // the last listing was not full
	clock func() time.Time

	onlyFull map[uint64]bool // the namespaces that only a full listing finds

	follower firewall.Follower
}

const (
	fullEvery  = 30 * time.Second // between two full listings at most
	fullAtMost = 5 * time.Second  // and at least, where holders keep ending
)

// Update is what a refresh found. Lengths of queues do not count as a change.
type Update struct {
	At       time.Time // when the reading began
	Events   []Event   // the closed first, then the others in the order of a [Snapshot]
	Warnings []error   // what could not be read

	// Namespaces are those that were listed. The Firewall of one is the same pointer
	// at each refresh as long as nothing changes there.
	Namespaces []Namespace
}

// Refresh lists the sockets and compares them with those of the last call that had no
// error. The errors are those of [Lister.List].
func (w *Watcher) Refresh(ctx context.Context) (Update, error) {
	snap, err := w.list(ctx)
	if err != nil {
		return Update{}, err
	}
	w.follower.Forget()
	return Update{At: snap.At, Events: w.compare(snap.Sockets), Namespaces: snap.Namespaces, Warnings: snap.Warnings}, nil
}

// Close releases what follows the firewalls. It is needed where these are asked for;
// the next Refresh starts from the beginning.
func (w *Watcher) Close() { w.follower.Close() }

// want is what to read, with the firewalls as far as they have changed.
func (w *Watcher) want() want {
	ask := w.Lister.want()
	if ask.firewall != nil {
		ask.firewall = following(&w.follower)
	}
	return ask
}

func (w *Watcher) now() time.Time {
	if w.clock != nil {
		return w.clock()
	}
	return time.Now()
}

// list lists in full if that is due, else only what is new.
func (w *Watcher) list(ctx context.Context) (Snapshot, error) {
	src, err := w.Lister.openSource()
	if err != nil {
		return Snapshot{}, err
	}
	defer src.close()
	now, ended := w.now(), w.ended(src)
	age := now.Sub(w.full)
	due := age >= fullEvery || len(ended) > 0 && age >= fullAtMost
	w.cheap = w.known != nil && src.separate() && !due
	if w.cheap {
		return w.listNew(ctx, src, ended)
	}
	snap, rows, err := w.Lister.list(ctx, src, w.want())
	if err != nil {
		return Snapshot{}, err
	}
	w.full, w.onlyFull = now, make(map[uint64]bool)
	for i := range rows {
		if rows[i].viaFiles {
			w.onlyFull[rows[i].NetNS] = true
		}
	}
	return snap, nil
}

// ended finds the holders that are gone.
func (w *Watcher) ended(src source) map[int]bool {
	ended, asked := make(map[int]bool), make(map[int]bool)
	for _, s := range w.known {
		for i := range s.socket.Processes {
			pid := s.socket.Processes[i].PID
			if !asked[pid] && !src.alive(pid) {
				ended[pid] = true
			}
			asked[pid] = true
		}
	}
	return ended
}

// listNew lists the rows, and completes those that are new. The others keep
// what is known of them.
func (w *Watcher) listNew(ctx context.Context, src source, ended map[int]bool) (Snapshot, error) {
	snap := Snapshot{At: time.Now()}
	ask := w.want()
	ask.holders, ask.changing = false, true
	fresh, kept, warnings, err := w.rows(ctx, src, ask, ended)
	if err == nil && len(fresh) > 0 { // now it is worth it
		ask.changing = false
		fresh, kept, warnings, err = w.rows(ctx, src, ask, ended)
	}
	if err != nil {
		return Snapshot{}, err
	}
	if len(fresh) > 0 {
		more, err := w.completeNew(ctx, src, fresh)
		if err != nil {
			return Snapshot{}, err
		}
		warnings = append(warnings, more...)
	}
	snap.Warnings, snap.Sockets, snap.Namespaces = warnings, sorted(append(kept, fresh...)), src.namespaces()
	return snap, nil
}

func (w *Watcher) rows(ctx context.Context, src source, ask want, ended map[int]bool) (fresh, kept []row, warnings []error, err error) {
	rows, warnings, err := src.rows(ctx, ask)
	if ctxErr := ctx.Err(); ctxErr != nil {
		return nil, nil, nil, ctxErr
	}
	if err != nil {
		return nil, nil, nil, fmt.Errorf("sockets: reading the socket table: %w", err)
	}
	fresh, kept = w.split(rows, ended)
	return fresh, kept, warnings, nil
}

// split divides the rows into those whose holders have to be found and those that are
// known.
func (w *Watcher) split(rows []row, ended map[int]bool) (fresh, kept []row) {
	count := make(map[identity]int, len(rows))
	kept = make([]row, 0, len(rows)) // rows are large: no copies
	for i := range rows {
		r := &rows[i]
		s := w.known[identify(&r.Socket, count)]
		if s == nil || !r.inherit(&s.socket, ended) {
			fresh = append(fresh, *r)
		} else {
			kept = append(kept, *r)
		}
	}
	return fresh, kept
}

// inherit takes over what is known of a row's socket. It reports false if that may no
// longer be true.
func (r *row) inherit(known *Socket, ended map[int]bool) bool {
	s := &r.Socket
	if s.State != known.State || s.UID != known.UID || s.Local != known.Local {
		return false
	}
	s.Processes = known.Processes
	if slices.ContainsFunc(known.Processes, func(p Process) bool { return ended[p.PID] }) {
		s.Processes = slices.DeleteFunc(slices.Clone(known.Processes), func(p Process) bool { return ended[p.PID] })
		if len(s.Processes) == 0 {
			return false
		}
	}
	s.Hidden, s.Kernel, s.Privileged, s.Flags, s.User = known.Hidden, known.Kernel, known.Privileged, known.Flags, known.User
	s.MPTCP = known.MPTCP
	s.Cgroup, s.Unit, s.Container = known.Cgroup, known.Unit, known.Container
	s.Published, s.PublishedAt = known.Published, known.PublishedAt
	return true
}

func (w *Watcher) completeNew(ctx context.Context, src source, fresh []row) (warnings []error, err error) {
	if !w.Lister.NoProcess {
		if err := src.holders(ctx, fresh); err != nil {
			warnings = append(warnings, fmt.Errorf("sockets: looking for the holders: %w", err))
		}
		if err := ctx.Err(); err != nil {
			return nil, err // an interrupted walk may look like sockets without holders
		}
	}
	more, err := w.Lister.complete(ctx, src, w.Lister.want(), fresh)
	return append(warnings, more...), err
}
