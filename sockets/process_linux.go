package sockets

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/shirou/gopsutil/v3/process"
	"golang.org/x/sys/unix"
)

// describe reads a process: what gopsutil reads well through gopsutil, the
// rest by itself. gopsutil takes long names from /proc/pid/status, where some
// bytes are escaped and others trimmed, rounds the start to a second, and
// parses fifty lines to get at the uid.
//
// ctx must carry the root for gopsutil (see withProc).
func (l *linux) describe(ctx context.Context, pid int) (Process, error) {
	// The folder stays this process's, whoever gets its PID next.
	dir, err := unix.Open(filepath.Join(l.root, strconv.Itoa(pid)), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if ended(err) {
		return Process{}, os.ErrProcessDone
	}
	p := Process{PID: pid, UID: -1}
	if err != nil {
		return p, nil
	}
	defer unix.Close(dir)
	first, err := readStat(dir, "stat")
	if ended(err) {
		return Process{}, os.ErrProcessDone
	}
	fill(ctx, &p, &process.Process{Pid: int32(pid)})
	if first.zombie {
		fillFromThread(&p, filepath.Join(l.root, strconv.Itoa(pid)))
	}
	if status, err := readSmallAt(dir, "status"); err == nil {
		if uid, err := parseUID(status); err == nil {
			p.UID, p.User = uid, l.people.name(uid)
		}
		p.caps.effective, err = parseCapEff(status)
		p.caps.known = err == nil
	}
	if text, err := readSmallAt(dir, "cgroup"); err == nil {
		p.Cgroup = parseCgroup(text)
		p.Unit, p.Container = unitOf(p.Cgroup), l.cgroups.container(p.Cgroup)
	}
	if err == nil {
		p.Name = fullName(first.name, p.Exe, p.Cmdline)
		p.Parents = l.ancestors.of(l.root, first.parent)
		p.Started = startTime(first.started)
	}
	// gopsutil went by the PID, which may have been another's by then.
	var st unix.Stat_t
	if ended(unix.Fstatat(dir, "stat", &st, 0)) {
		return Process{}, os.ErrProcessDone
	}
	return p, nil
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
		exe, err := os.Readlink(filepath.Join(task, "exe"))
		if err != nil {
			continue
		}
		p.Exe = exe
		if text, err := os.ReadFile(filepath.Join(task, "cmdline")); err == nil && len(text) > 0 {
			p.Cmdline = strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00")
		}
		return
	}
}

// ancestry remembers the parents of processes, most of which many share.
type ancestry struct {
	mu    sync.Mutex
	known map[int]stat
}

// of is the chain that begins with a parent.
func (a *ancestry) of(root string, pid int) []Parent {
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
			if s, err = readStat(unix.AT_FDCWD, filepath.Join(root, strconv.Itoa(pid), "stat")); err != nil {
				break
			}
			a.known[pid] = s
		}
		chain = append(chain, Parent{PID: pid, Name: s.name})
		pid = s.parent
	}
	return chain
}

// ended tells a process that is gone from one that may not be read.
func ended(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH)
}

func readStat(dir int, path string) (stat, error) {
	text, err := readSmallAt(dir, path)
	if err != nil {
		return stat{}, err
	}
	return parseStat(text)
}

// startTime converts ticks since boot. /proc counts them by CLOCK_BOOTTIME,
// in units of USER_HZ, which is 100 on every architecture that Go knows.
func startTime(ticks uint64) time.Time {
	const tick = time.Second / 100
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
	fd, err := unix.Openat(dir, path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", &fs.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	var page [4096]byte
	n, err := unix.Read(fd, page[:])
	if err != nil {
		return "", &fs.PathError{Op: "read", Path: path, Err: err}
	}
	return string(page[:n]), nil
}
