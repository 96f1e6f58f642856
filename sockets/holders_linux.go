package sockets

import (
	"context"
	"maps"
	"path/filepath"
	"slices"

	"porthole/internal/taskfile"
)

// holding is a socket in the hands of a process: the inode above the PID, so
// that a plain sort puts them in order. The kernel numbers the inodes of sockets
// with 32 bits (get_next_ino, fs/inode.c), and processes with 22 (PID_MAX_LIMIT,
// linux/threads.h).
type holding uint64

func newHolding(inode uint64, pid int) holding { return holding(inode<<32 | uint64(pid)) }

func (h holding) inode() uint64 { return uint64(h >> 32) }
func (h holding) pid() int      { return int(h & (1<<32 - 1)) }

// seekHolders is findHolders for rows that were read without.
func (l *linux) seekHolders(ctx context.Context, rows []row) error {
	ready := preparation{discovery: l.found, files: openFiles(l.learn())}
	if ready.files != nil {
		defer ready.files.Close()
	}
	_, err := l.findHolders(ctx, rows, ready)
	return err
}

// findHolders fills in the PIDs, and why there are none. On the way it meets
// the namespaces that processes have open.
func (l *linux) findHolders(ctx context.Context, rows []row, ready preparation) ([]openNamespace, error) {
	wanted := make(map[uint64]struct{}, len(rows))
	for i := range rows {
		if inode := rows[i].Inode; inode != 0 {
			wanted[inode] = struct{}{}
		}
	}
	w, err := newWalker(l.root, l.live, wanted)
	if err != nil {
		return nil, err
	}
	defer w.close()
	meet, stop := l.readAhead()
	seen, asked := askKernel(ctx, ready.files, wanted, meet)
	stop()
	var pids []int
	if !asked {
		if pids, err = w.pids(); err != nil {
			return nil, err
		}
		seen = w.walk(ctx, pids)
	}
	holders := byInode(seen.held)
	if len(holders) < len(wanted) {
		for _, pid := range w.anyClosed(ready.discovery) {
			seen.blind[pid] = true // a security module may hide it from the kernel's walk too
		}
		for inode := range holders {
			delete(wanted, inode)
		}
		seen.held = nil
		w.strays(ctx, pids, &seen)
		maps.Copy(holders, byInode(seen.held))
	}
	l.assign(rows, holders, len(seen.blind) > 0)
	return seen.namespaces, nil
}

// assign gives each row its holders, or the reason for having none. blind:
// some process may not be looked at.
func (l *linux) assign(rows []row, holders map[uint64][]int, blind bool) {
	unseen := l.whyUnseen(blind)
	if l.binders == nil {
		l.binders = make(map[int]bool)
	}
	for i := range rows {
		r := &rows[i]
		r.pids = holders[r.Inode]
		if r.judged() {
			for _, pid := range r.pids {
				l.binders[pid] = true
			}
		}
		switch {
		case len(r.pids) > 0:
		case r.Inode == 0:
			r.Hidden = HiddenNoOwner // no descriptor can lead to it
		default:
			r.Hidden = whyHidden(r.State, unseen)
		}
	}
}

// learn readies the kernel's own walks, which are fastest and look into every
// process and thread; nil where they are not to be had, or would tell PIDs that
// are not those of this PID namespace.
func (l *linux) learn() *taskfile.Kernel {
	if l.early != nil {
		early := l.early
		l.early = nil
		return <-early
	}
	if !l.live || l.slow || inodeOf(filepath.Join(l.root, "self/ns/pid")) != initPIDNamespace {
		return nil
	}
	kernel, err := taskfile.Learn()
	if err != nil {
		return nil
	}
	return kernel
}

// openFiles readies the walk over descriptors, and closes the kernel; nil where
// that is not to be had.
func openFiles(kernel *taskfile.Kernel) *taskfile.Files {
	if kernel == nil {
		return nil
	}
	defer kernel.Close()
	files, err := kernel.Files()
	if err != nil {
		return nil
	}
	return files
}

// askKernel takes what a walk would see from the kernel, if it answers. It calls
// meet for each descriptor of a wanted socket.
func askKernel(ctx context.Context, files *taskfile.Files, wanted map[uint64]struct{}, meet func(pid int)) (seen sight, ok bool) {
	if files == nil {
		return sight{}, false
	}
	seen.blind = make(map[int]bool)
	err := files.Walk(ctx, func(d taskfile.Descriptor) {
		switch d.Kind {
		case taskfile.Unnamed:
			seen.anonymous = append(seen.anonymous, descriptor{d.PID, d.FD})
		case taskfile.Namespace:
			seen.namespaces = append(seen.namespaces, openNamespace{d.Inode, descriptor{d.PID, d.FD}})
		default:
			if _, ok := wanted[d.Inode]; ok {
				seen.held = append(seen.held, newHolding(d.Inode, d.PID))
				meet(d.PID)
			}
		}
	})
	if err != nil {
		return sight{}, false
	}
	return seen, true
}

// byInode gives the PIDs for each socket, ascending.
func byInode(held []holding) map[uint64][]int {
	slices.Sort(held)
	held = slices.Compact(held)
	pids := make([]int, len(held))
	holders := make(map[uint64][]int, len(held))
	for i := 0; i < len(held); {
		start := i
		for i < len(held) && held[i].inode() == held[start].inode() {
			pids[i] = held[i].pid()
			i++
		}
		holders[held[start].inode()] = pids[start:i:i]
	}
	return holders
}
