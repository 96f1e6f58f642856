package sockets

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// describe reads a process, by itself: gopsutil takes twice the system calls,
// cuts long names at bytes that are escaped, rounds the start to a second, and
// goes by the PID, which may be another's by then. Each file costs some
// microseconds, and a machine may have a thousand holders.
func (l *linux) describe(pid int) (Process, error) {
	if p, ok := l.ahead[pid]; ok && !l.binders[pid] {
		return p, nil
	}
	if p, ok := l.describeTask(pid); ok {
		return p, nil
	}
	path := filepath.Join(l.root, strconv.Itoa(pid))
	// The folder stays this process's, whoever gets its PID next.
	dir, err := unix.Open(path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if ended(err) {
		return Process{}, os.ErrProcessDone
	}
	p := Process{PID: pid, UID: -1}
	if err != nil {
		return p, nil
	}
	defer unix.Close(dir)
	first, statErr := readStat(dir, "stat")
	if ended(statErr) {
		return Process{}, os.ErrProcessDone
	}
	p.Exe, p.Dir = readLinkAt(dir, "exe"), readLinkAt(dir, "cwd")
	p.Cmdline, _ = readArguments(dir, "cmdline")
	if first.state == ProcessStateZombie {
		fillFromThread(&p, path)
	}
	l.credentials(&p, dir)
	cgroup, err := readSmallAt(dir, "cgroup")
	if ended(err) && gone(dir) { // else it is a kernel without cgroups
		return Process{}, os.ErrProcessDone
	}
	if err == nil {
		p.Cgroup = parseCgroup(cgroup)
		p.Unit, p.Container = unitOf(p.Cgroup), l.cgroups.container(p.Cgroup)
	}
	if statErr == nil {
		p.Name = fullName(first.name, p.Exe, p.Cmdline)
		p.Parents = l.parents(first.parent)
		p.Started = startTime(first.started)
		p.State, p.Memory = first.state, first.pages*uint64(os.Getpagesize())
	}
	return p, nil
}

// credentials reads the user of the process in the folder dir, and what it may
// do if that matters. The kernel takes long to write the fifty lines of status,
// and the folder itself belongs to the effective user (task_dump_owner of
// fs/proc/base.c).
func (l *linux) credentials(p *Process, dir int) {
	binder := l.binders[p.PID]
	if l.live && !binder {
		var st unix.Stat_t
		if unix.Fstat(dir, &st) == nil {
			p.UID, p.User = int(st.Uid), l.people.name(int(st.Uid))
		}
		return
	}
	status, err := readSmallAt(dir, "status")
	if err != nil {
		return
	}
	if uid, err := parseUID(status); err == nil {
		p.UID, p.User = uid, l.people.name(uid)
	}
	p.caps.effective, err = parseCapEff(status)
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

// ancestry remembers the parents of processes, most of which many share.
type ancestry struct {
	mu    sync.Mutex
	known map[int]stat
}

// parents is the chain that begins with a parent.
func (l *linux) parents(pid int) []Parent {
	a := &l.ancestors
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.known == nil {
		a.known = make(map[int]stat)
	}
	const most = 64 // a chain read in pieces could go round in circles
	var chain []Parent
	for pid != 0 && len(chain) < most {
		s, ok := a.known[pid]
		if !ok {
			var err error
			if s, err = l.parent(pid); err != nil {
				break
			}
			a.known[pid] = s
		}
		chain = append(chain, Parent{PID: pid, Name: s.name})
		pid = s.parent
	}
	return chain
}

func (l *linux) parent(pid int) (stat, error) {
	if t, ok := taskOf(l.tasks, pid); ok && !t.Kernel {
		return stat{name: t.Name, parent: t.Parent}, nil
	}
	return readStat(unix.AT_FDCWD, filepath.Join(l.root, strconv.Itoa(pid), "stat"))
}

// ended tells a process that is gone from one that may not be read.
func ended(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH)
}

// gone tells whether the process in the folder dir has ended.
func gone(dir int) bool {
	var st unix.Stat_t
	return ended(unix.Fstatat(dir, "stat", &st, 0))
}

func readStat(dir int, path string) (stat, error) {
	text, err := readSmallAt(dir, path)
	if err != nil {
		return stat{}, err
	}
	return parseStat(text)
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

// readSmall reads a file of /proc that is shorter than a page.
func readSmall(path string) (string, error) { return readSmallAt(unix.AT_FDCWD, path) }

// readSmallAt reads such a file in the folder dir, with one read: the kernel
// writes it anew for each. os.ReadFile would need twice the system calls, and
// this is called several times for each process.
func readSmallAt(dir int, path string) (string, error) {
	var page [4096]byte
	n, err := readAt(dir, path, page[:])
	return string(page[:n]), err
}

// readWhole reads a file of /proc of any length, by as few system calls as that
// takes: os.ReadFile asks for its size and offers it to epoll.
func readWhole(path string) (string, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", &fs.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	var whole strings.Builder
	var page [4096]byte
	for {
		n, err := unix.Read(fd, page[:])
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return "", &fs.PathError{Op: "read", Path: path, Err: err}
		case n == 0:
			return whole.String(), nil
		}
		whole.Write(page[:n])
	}
}

// readAt reads as much of a file as the buffer holds.
func readAt(dir int, path string, buffer []byte) (int, error) {
	fd, err := unix.Openat(dir, path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	n, err := unix.Read(fd, buffer)
	if err != nil {
		return 0, &fs.PathError{Op: "read", Path: path, Err: err}
	}
	return n, nil
}

// readArguments reads a command line, of any length; nil for none.
func readArguments(dir int, path string) ([]string, error) {
	var page [4096]byte
	buffer := page[:]
	n, err := readAt(dir, path, buffer)
	for err == nil && n == len(buffer) {
		buffer = make([]byte, 8*len(buffer))
		n, err = readAt(dir, path, buffer)
	}
	if err != nil || n == 0 {
		return nil, err
	}
	return strings.Split(strings.TrimSuffix(string(buffer[:n]), "\x00"), "\x00"), nil
}

// readLinkAt is "" for what cannot be read. The kernel tells of no longer
// paths (d_path of fs/d_path.c).
func readLinkAt(dir int, path string) string {
	var target [4096]byte
	n, err := unix.Readlinkat(dir, path, target[:])
	if err != nil {
		return ""
	}
	return string(target[:n])
}
