package sockets

import (
	"path/filepath"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"

	"porthole/sockets/internal/procfs"
)

// ancestry remembers the parents of processes, most of which many share.
type ancestry struct {
	mu    sync.Mutex
	known map[int]procfs.Stat
}

// parents is a process and its ancestors, up to PID 1.
func (r *processes) parents(pid int) []Parent {
	a := &r.ancestors
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.known == nil {
		a.known = make(map[int]procfs.Stat)
	}
	const most = 64 // processes come and go meanwhile, so that the chain could be a circle
	var chain []Parent
	for pid != 0 && len(chain) < most {
		s, ok := a.known[pid]
		if !ok {
			var err error
			if s, err = r.parent(pid); err != nil {
				break
			}
			a.known[pid] = s
		}
		chain = append(chain, Parent{PID: pid, Name: s.Name})
		pid = s.Parent
	}
	return chain
}

func (r *processes) parent(pid int) (procfs.Stat, error) {
	if t, ok := taskOf(r.tasks, pid); ok && !t.Kernel {
		return procfs.Stat{Name: t.Name, Parent: t.Parent}, nil
	}
	return readStat(unix.AT_FDCWD, filepath.Join(r.root, strconv.Itoa(pid), "stat"))
}
