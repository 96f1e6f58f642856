package sockets

import (
	"context"
	"maps"
	"slices"

	"porthole/internal/bpfiter"
)

// holding is a socket and a process that holds it: the inode above the PID, so that
// a plain sort puts them in order. The kernel numbers the inodes of sockets
// with 32 bits (get_next_ino, fs/inode.c), and processes with 22 (PID_MAX_LIMIT,
// linux/threads.h).
type holding uint64

func newHolding(inode uint64, pid int) holding { return holding(inode<<32 | uint64(pid)) }

func (h holding) inode() uint64 { return uint64(h >> 32) }
func (h holding) pid() int      { return int(h & (1<<32 - 1)) }

// findHolders fills in the PIDs of the rows, or why there are none. It returns what else
// the walk found, with unmatched also the sockets without a row.
func (k *kernelSource) findHolders(ctx context.Context, rows []row, files *bpfiter.Files, unmatched bool) (walked, error) {
	wanted := make(map[uint64]struct{}, len(rows))
	for i := range rows {
		if inode := rows[i].Inode; inode != 0 {
			wanted[inode] = struct{}{}
		}
	}
	found, stop := k.processes.prefetch()
	seen, asked := walkFiles(ctx, files, wanted, found)
	stop()
	holders := byInode(seen.held)
	if !asked || len(holders) < len(wanted) {
		w, err := openWalker(k.procFS, wanted)
		if err != nil {
			return walked{}, err
		}
		defer w.close()
		var pids []int
		if !asked {
			if err := w.ready(k.live); err != nil {
				return walked{}, err
			}
			w.unmatched = unmatched && k.live && mayAskSockets()
			if pids, err = w.pids(); err != nil {
				return walked{}, err
			}
			seen = w.walk(ctx, pids)
			holders = byInode(seen.held)
		}
		others := k.found
		others.partly = others.partly || asked && !k.searched
		w.findRest(ctx, pids, &seen, holders, others)
	}
	k.assign(rows, holders, len(seen.unreadable) > 0)
	return seen, nil
}

// findRest looks for the holders that a walk did not find.
func (w *walker) findRest(ctx context.Context, pids []int, seen *walked, holders map[uint64][]int, found discovery) {
	for inode := range holders {
		delete(w.wanted, inode)
	}
	if len(w.wanted) == 0 {
		return
	}
	for _, pid := range w.anyUnreadable(found) {
		seen.unreadable[pid] = true // a security module may hide it from the kernel's walk too
	}
	seen.held = nil
	w.orphaned(ctx, pids, seen)
	maps.Copy(holders, byInode(seen.held))
}

// assign gives each row its holders, or the reason for having none. refused is set if
// some process may not be looked at.
func (k *kernelSource) assign(rows []row, holders map[uint64][]int, refused bool) {
	unreadable := k.whyUnreadable(refused)
	for i := range rows {
		r := &rows[i]
		r.pids = holders[r.Inode]
		if r.judged() {
			for _, pid := range r.pids {
				k.processes.binders[pid] = true
			}
		}
		switch {
		case len(r.pids) > 0:
		case r.Inode == 0:
			r.Hidden = HiddenNoOwner // no descriptor can lead to it
		default:
			r.Hidden = whyHidden(r.State, unreadable)
		}
	}
}

// walkFiles walks over the descriptors with the BPF iterator, if there is one. It calls
// found for each descriptor of a wanted socket.
func walkFiles(ctx context.Context, files *bpfiter.Files, wanted map[uint64]struct{}, found func(pid int)) (seen walked, ok bool) {
	if files == nil {
		return walked{}, false
	}
	seen.unreadable, seen.bySocket = make(map[int]bool), make(map[uint64]descriptor)
	last := uint64(0) // most sockets are in the namespace of the one before
	err := files.Walk(ctx, func(d bpfiter.Descriptor) {
		switch d.Kind {
		case bpfiter.Unnamed:
			seen.anonymous = append(seen.anonymous, descriptor{d.PID, d.FD})
		case bpfiter.Namespace:
			seen.namespaces = append(seen.namespaces, openNetns{d.Inode, descriptor{d.PID, d.FD}})
		default:
			if d.NetNS != 0 && d.NetNS != last {
				last = d.NetNS
				seen.bySocket[d.NetNS] = descriptor{d.PID, d.FD}
			}
			if _, ok := wanted[d.Inode]; ok {
				seen.held = append(seen.held, newHolding(d.Inode, d.PID))
				found(d.PID)
			}
		}
	})
	if err != nil {
		return walked{}, false
	}
	return seen, true
}

// byInode returns the PIDs for each socket, ascending.
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
