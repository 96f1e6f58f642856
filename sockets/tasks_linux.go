package sockets

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"porthole/internal/bpfiter"
)

// walkTasks gives all processes by their PIDs; nil if that failed, or there is no
// such walk.
func walkTasks(ctx context.Context, walk *bpfiter.Tasks) []bpfiter.Task {
	if walk == nil {
		return nil
	}
	tasks := make([]bpfiter.Task, 0, 256)
	if err := walk.Walk(ctx, func(t bpfiter.Task) { tasks = append(tasks, t) }); err != nil {
		return nil
	}
	return tasks
}

// taskOf finds a process by its PID.
func taskOf(tasks []bpfiter.Task, pid int) (bpfiter.Task, bool) {
	i, ok := slices.BinarySearchFunc(tasks, pid, func(t bpfiter.Task, pid int) int { return cmp.Compare(t.PID, pid) })
	if !ok {
		return bpfiter.Task{}, false
	}
	return tasks[i], true
}

// describeTask is describe for a process that the walk came by: only its
// executable, arguments, folder, state and memory are still to be read.
// Whether they are its own, changed tells afterwards. ok is false where /proc
// has more to tell, or refuses.
func (l *linux) describeTask(pid int) (p Process, ok bool) {
	t, ok := taskOf(l.tasks, pid)
	if !ok || t.Ended || t.Kernel || l.binders[pid] {
		return Process{}, false
	}
	dir := filepath.Join(l.root, strconv.Itoa(pid))
	p = Process{PID: pid, UID: t.UID, User: l.people.name(t.UID), Exe: readLinkAt(unix.AT_FDCWD, dir+"/exe")}
	var err error
	if p.Cmdline, err = readArguments(unix.AT_FDCWD, dir+"/cmdline"); err != nil {
		return Process{}, false
	}
	p.Cgroup, err = l.cgroups.ofSet(t.Cgroups, pid, func() (string, error) { return readSmall(dir + "/cgroup") })
	if err != nil {
		return Process{}, false
	}
	if now, err := readStat(unix.AT_FDCWD, dir+"/stat"); err == nil {
		p.State, p.Memory = now.state, now.pages*uint64(os.Getpagesize())
	}
	p.Dir = readLinkAt(unix.AT_FDCWD, dir+"/cwd")
	p.Unit, p.Container = unitOf(p.Cgroup), l.cgroups.container(p.Cgroup)
	p.Name = fullName(t.Name, p.Exe, p.Cmdline)
	p.Parents = l.parents(t.Parent)
	p.Started = startTime(t.Started / uint64(tick))
	return p, true
}

// readAhead describes the holders that it is told by meet, on another processor,
// while the kernel looks for more; until stop.
func (l *linux) readAhead() (meet func(pid int), stop func()) {
	if l.tasks == nil || runtime.GOMAXPROCS(0) == 1 {
		return func(int) {}, func() {}
	}
	if l.ahead == nil {
		l.ahead = make(map[int]Process)
	}
	const waiting = 1024 // the others are described afterwards
	var met chan int
	var enough atomic.Bool
	var reading sync.WaitGroup
	begin := func() {
		met = make(chan int, waiting)
		reading.Go(func() {
			for pid := range met {
				if enough.Load() {
					return
				}
				if p, ok := l.describeTask(pid); ok {
					l.ahead[pid] = p
				}
			}
		})
	}
	last := 0
	meet = func(pid int) {
		if pid == last { // the descriptors of a process come one after another
			return
		}
		if last == 0 {
			begin()
		}
		last = pid
		select {
		case met <- pid:
		default:
		}
	}
	return meet, func() {
		if met != nil {
			enough.Store(true)
			close(met)
			reading.Wait()
		}
	}
}

// changed walks again. A process that both walks tell the same of was there all
// the while, so that what was read under its PID is its own, and its cgroups are
// those of the process that told them. From here on the others are read from
// /proc.
func (l *linux) changed(ctx context.Context, pids []int) (changed []int) {
	before := l.tasks
	l.tasks, l.ahead = nil, nil
	if before == nil || len(pids) == 0 {
		return nil
	}
	after := walkTasks(ctx, l.walks.overTasks())
	same := func(pid int) bool {
		was, ok := taskOf(before, pid)
		is, still := taskOf(after, pid)
		return ok && still && was == is
	}
	for _, pid := range pids {
		t, ok := taskOf(before, pid)
		if !ok {
			continue // /proc told all of it
		}
		set, shared := l.cgroups.sets[t.Cgroups]
		if !same(pid) || shared && !same(set.pid) {
			changed = append(changed, pid)
		}
	}
	return changed
}
