package sockets

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/shirou/gopsutil/v3/process"
	"golang.org/x/sys/unix"
)

// describeProc reads a process from the proc filesystem at root: what gopsutil
// reads well through gopsutil, the rest by itself. gopsutil takes long names
// from /proc/pid/status, where some bytes are escaped and others trimmed,
// rounds the start to a second, and parses fifty lines to get at the uid.
//
// ctx must carry root for gopsutil (see withProc).
func describeProc(ctx context.Context, root string, pid int, people *users) (Process, error) {
	dir := filepath.Join(root, strconv.Itoa(pid))
	started, err := startTicks(dir)
	if ended(err) {
		return Process{}, os.ErrProcessDone
	}
	p := Process{PID: pid, UID: -1}
	fill(ctx, &p, &process.Process{Pid: int32(pid)})
	if status, err := readSmall(filepath.Join(dir, "status")); err == nil {
		if uid, err := parseUID(status); err == nil {
			p.UID, p.User = uid, people.name(uid)
		}
	}
	if comm, err := readSmall(filepath.Join(dir, "comm")); err == nil {
		p.Name = fullName(strings.TrimSuffix(comm, "\n"), p.Exe, p.Cmdline)
	}
	if err == nil {
		// The PID may have been given to another process between two reads.
		if again, err := startTicks(dir); ended(err) || err == nil && again != started {
			return Process{}, os.ErrProcessDone
		}
		p.Started = startTime(started)
	}
	return p, nil
}

// ended tells a process that is gone from one that may not be read.
func ended(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH)
}

// startTicks reads when a process began, in clock ticks since boot.
func startTicks(dir string) (uint64, error) {
	stat, err := readSmall(filepath.Join(dir, "stat"))
	if err != nil {
		return 0, err
	}
	return parseStartTicks(stat)
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

// readSmall reads a file of /proc that is shorter than a page, with one read:
// the kernel writes such a file anew for each. os.ReadFile would need twice
// the system calls, and this is called several times for each process.
func readSmall(path string) (string, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
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
