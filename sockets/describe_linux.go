package sockets

import (
	"cmp"
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"porthole/internal/bpfiter"
	"porthole/sockets/internal/procfs"
)

// processes describes the processes of one machine.
type processes struct {
	procFS
	people    *users
	cgroups   *cgroups
	ancestors ancestry
	binders   map[int]bool // PIDs whose right to a low port is looked up

	tasks      []bpfiter.Task                           // all processes by PID, of a first BPF walk; nil without one
	again      func(ctx context.Context) []bpfiter.Task // walks once more
	prefetched map[int]Process                          // holders that were described while others were sought
}

func newProcesses(proc procFS) *processes {
	return &processes{procFS: proc, people: &users{}, cgroups: &cgroups{}, binders: make(map[int]bool)}
}

// describeAll reads processes, and reads those again that changed meanwhile.
func (r *processes) describeAll(ctx context.Context, pids []int) (map[int]Process, error) {
	describe := func(_ context.Context, pid int) (Process, error) { return r.describe(pid) }
	known, err := describeAll(ctx, pids, describe)
	if err != nil {
		return nil, err
	}
	changed := r.changed(ctx, pids)
	for _, pid := range changed {
		delete(known, pid)
	}
	more, err := describeAll(ctx, changed, describe)
	maps.Copy(known, more)
	return known, err
}

// describe reads a process without gopsutil, which takes twice the system calls, cuts
// long names at escaped bytes, rounds the start to a second, and opens each file by
// the PID, which may belong to another process by then. Each file costs some
// microseconds, and a machine may have a thousand holders.
func (r *processes) describe(pid int) (Process, error) {
	if p, ok := r.prefetched[pid]; ok && !r.binders[pid] {
		return p, nil
	}
	if p, ok := r.describeTask(pid); ok {
		return p, nil
	}
	path := filepath.Join(r.root, strconv.Itoa(pid))
	// The folder stays this process's, whoever gets its PID next.
	dir, err := unix.Open(path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if ended(err) {
		return Process{}, os.ErrProcessDone
	}
	p := Process{PID: pid, UID: -1}
	if err != nil {
		r.short.note(err)
		return p, nil
	}
	defer unix.Close(dir)
	first, statErr := readStat(dir, "stat")
	if ended(statErr) {
		return Process{}, os.ErrProcessDone
	}
	r.short.note(statErr)
	p.Exe, p.Dir = readLinkAt(dir, "exe"), readLinkAt(dir, "cwd")
	p.Cmdline, err = readArguments(dir, "cmdline")
	r.short.note(err)
	if first.State == 'Z' {
		fillFromThread(&p, path)
	}
	r.credentials(&p, dir)
	cgroup, err := readSmallAt(dir, "cgroup")
	if ended(err) && gone(dir) { // else it is a kernel without cgroups
		return Process{}, os.ErrProcessDone
	}
	r.short.note(err)
	if err == nil {
		p.Cgroup = procfs.ParseCgroup(cgroup)
		p.Unit, p.Container = procfs.UnitOf(p.Cgroup), r.cgroups.container(p.Cgroup)
	}
	if statErr == nil {
		p.Name = procfs.FullName(first.Name, p.Exe, p.Cmdline)
		p.Parents = r.parents(first.Parent)
		p.Started = startTime(first.Started)
		p.State, p.Memory = processState(first.State), first.Pages*uint64(os.Getpagesize())
	}
	return p, nil
}

// credentials reads the user of the process in the folder dir, and the capabilities of
// one that holds a low port. The kernel takes long to write the fifty lines of status,
// and the folder itself belongs to the effective user (task_dump_owner of
// fs/proc/base.c).
func (r *processes) credentials(p *Process, dir int) {
	binder := r.binders[p.PID]
	if r.live && !binder {
		var st unix.Stat_t
		if unix.Fstat(dir, &st) == nil {
			p.UID, p.User = int(st.Uid), r.people.name(int(st.Uid))
		}
		return
	}
	status, err := readSmallAt(dir, "status")
	if err != nil {
		r.short.note(err)
		return
	}
	if uid, err := procfs.ParseUID(status); err == nil {
		p.UID, p.User = uid, r.people.name(uid)
	}
	p.caps.effective, err = procfs.ParseCapEff(status)
	p.caps.known = err == nil
	var st unix.Stat_t
	if binder && unix.Fstatat(dir, "ns/user", &st, 0) == nil {
		p.caps.userNamespace = st.Ino
	}
}

// fillFromThread reads what a process whose first thread has ended shows
// through its others.
func fillFromThread(p *Process, dir string) {
	threads, err := os.ReadDir(filepath.Join(dir, "task"))
	if err != nil {
		return
	}
	for _, thread := range threads {
		task := filepath.Join(dir, "task", thread.Name())
		if p.Exe = readLinkAt(unix.AT_FDCWD, filepath.Join(task, "exe")); p.Exe != "" {
			p.Cmdline, _ = readArguments(unix.AT_FDCWD, filepath.Join(task, "cmdline"))
			return
		}
	}
}

// gone reports whether the process in the folder dir has ended.
func gone(dir int) bool {
	var st unix.Stat_t
	return ended(unix.Fstatat(dir, "stat", &st, 0))
}

func readStat(dir int, path string) (procfs.Stat, error) {
	text, err := readSmallAt(dir, path)
	if err != nil {
		return procfs.Stat{}, err
	}
	return procfs.ParseStat(text)
}

// tick is the unit of starts in /proc: USER_HZ is 100 on every architecture that
// Go knows.
const tick = time.Second / 100

// startTime converts ticks since boot, by CLOCK_BOOTTIME.
func startTime(ticks uint64) time.Time {
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &now) != nil {
		return time.Time{}
	}
	sinceBoot := time.Duration(now.Nano())
	if ticks > uint64(sinceBoot/tick) {
		return time.Time{} // no process began in the future: another machine's /proc
	}
	began := time.Now().Add(time.Duration(ticks)*tick - sinceBoot)
	return began.Round(0) // wall clock: it says when, it times nothing
}

// taskOf finds a process by its PID.
func taskOf(tasks []bpfiter.Task, pid int) (bpfiter.Task, bool) {
	i, ok := slices.BinarySearchFunc(tasks, pid, func(t bpfiter.Task, pid int) int { return cmp.Compare(t.PID, pid) })
	if !ok {
		return bpfiter.Task{}, false
	}
	return tasks[i], true
}

// describeTask is describe for a process that the BPF walk found: only its executable,
// arguments, folder, state and memory are still to be read. They are read by PID, and
// changed finds out afterwards whether that was still the same process. ok is false
// where describe has to read more, or /proc refuses.
func (r *processes) describeTask(pid int) (p Process, ok bool) {
	t, ok := taskOf(r.tasks, pid)
	if !ok || t.Ended || t.Kernel || r.binders[pid] {
		return Process{}, false
	}
	dir := filepath.Join(r.root, strconv.Itoa(pid))
	p = Process{PID: pid, UID: t.UID, User: r.people.name(t.UID), Exe: readLinkAt(unix.AT_FDCWD, dir+"/exe")}
	var err error
	if p.Cmdline, err = readArguments(unix.AT_FDCWD, dir+"/cmdline"); err != nil {
		return Process{}, false
	}
	p.Cgroup, err = r.cgroups.ofSet(t.Cgroups, pid, func() (string, error) { return readSmall(dir + "/cgroup") })
	if err != nil {
		return Process{}, false
	}
	if now, err := readStat(unix.AT_FDCWD, dir+"/stat"); err == nil {
		p.State, p.Memory = processState(now.State), now.Pages*uint64(os.Getpagesize())
	}
	p.Dir = readLinkAt(unix.AT_FDCWD, dir+"/cwd")
	p.Unit, p.Container = procfs.UnitOf(p.Cgroup), r.cgroups.container(p.Cgroup)
	p.Name = procfs.FullName(t.Name, p.Exe, p.Cmdline)
	p.Parents = r.parents(t.Parent)
	p.Started = startTime(t.Started / uint64(tick))
	return p, true
}

// changed walks over the processes again and returns those whose description may be of
// another process. One that is the same in both walks was there all the while, so what
// was read under its PID is its own. The same holds for the process from which the path
// of its cgroups was read. From here on processes are read from /proc.
func (r *processes) changed(ctx context.Context, pids []int) (changed []int) {
	before := r.tasks
	r.tasks, r.prefetched = nil, nil
	if before == nil || len(pids) == 0 {
		return nil
	}
	after := r.again(ctx)
	same := func(pid int) bool {
		was, ok := taskOf(before, pid)
		is, still := taskOf(after, pid)
		return ok && still && was == is
	}
	for _, pid := range pids {
		t, ok := taskOf(before, pid)
		if !ok {
			continue // it was read from /proc alone
		}
		set, shared := r.cgroups.sets[t.Cgroups]
		if !same(pid) || shared && !same(set.pid) {
			changed = append(changed, pid)
		}
	}
	return changed
}
