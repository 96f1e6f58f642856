package sockets

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// strays looks for the sockets that no process's own table of descriptors has:
// in the tables of threads that left it (unshare(CLONE_FILES), or a first
// thread that ended), and among the files that an io_uring keeps registered
// after their descriptors were closed.
func (w *walker) strays(ctx context.Context, pids []int, seen *sight) {
	buffer := make([]byte, dirBufferLen)
	for _, pid := range pids {
		if ctx.Err() != nil {
			return
		}
		if !w.hasThreads(pid) {
			continue
		}
		for _, tid := range w.strayThreads(pid, buffer) {
			// Of a process whose first thread has ended that one's table may
			// not be read by other users, and the next one's may.
			if !w.descriptors(fmt.Sprintf("%d/task/%d/fd", pid, tid), pid, buffer, seen) {
				break
			}
		}
	}
	for _, d := range seen.anonymous { // those of stray tables are their last
		w.registered(d, seen)
	}
}

// hasThreads asks for the links of a process's folder of threads: one for each
// and two of its own. Where it is not told the folder must be read.
func (w *walker) hasThreads(pid int) bool {
	var st unix.Stat_t
	const alone = 3
	return unix.Fstatat(w.proc, strconv.Itoa(pid)+"/task", &st, 0) != nil || st.Nlink != alone
}

// strayThreads lists one thread for each table of descriptors that is not the
// process's own.
func (w *walker) strayThreads(pid int, buffer []byte) []int {
	var threads []int
	err := w.numbers(w.proc, strconv.Itoa(pid)+"/task", buffer, func(_, tid int, _ *byte) {
		if tid != pid {
			threads = append(threads, tid)
		}
	})
	if err != nil {
		return nil // ended
	}
	stray := threads[:0]
	last := pid
	for _, tid := range threads {
		if sameTable(pid, tid) || sameTable(last, tid) {
			continue
		}
		stray = append(stray, tid)
		last = tid
	}
	return stray
}

// sameTable asks by kcmp(2) whether two threads share their descriptors. A
// kernel without that call says no, which costs time and nothing else.
func sameTable(a, b int) bool {
	const kcmpFiles = 2 // KCMP_FILES of linux/kcmp.h
	order, _, errno := unix.Syscall6(unix.SYS_KCMP, uintptr(a), uintptr(b), kcmpFiles, 0, 0, 0)
	return errno == 0 && order == 0
}

// registered reads which sockets an io_uring holds as fixed files:
// /proc/pid/fdinfo names them (io_uring_show_fdinfo of the kernel).
func (w *walker) registered(d descriptor, seen *sight) {
	dir := filepath.Join(w.root, strconv.Itoa(d.pid))
	fd := strconv.Itoa(d.fd)
	target, err := os.Readlink(filepath.Join(dir, "fd", fd))
	if errors.Is(err, fs.ErrPermission) {
		seen.blind[d.pid] = true
	}
	if err != nil || target != "anon_inode:[io_uring]" {
		return
	}
	info, err := os.Open(filepath.Join(dir, "fdinfo", fd))
	if errors.Is(err, fs.ErrPermission) {
		seen.blind[d.pid] = true
	}
	if err != nil {
		return // closed since, or not to be read
	}
	defer info.Close()
	for lines := bufio.NewScanner(info); lines.Scan(); {
		inode, ok := parseFixedFile(lines.Text())
		if _, wanted := w.wanted[inode]; ok && wanted {
			seen.held = append(seen.held, newHolding(inode, d.pid))
		}
	}
}

// parseFixedFile reads a line such as "    0: socket:[4711]".
func parseFixedFile(line string) (inode uint64, ok bool) {
	slot, name, ok := strings.Cut(line, ": ")
	if _, err := strconv.ParseUint(strings.TrimSpace(slot), 10, 32); !ok || err != nil {
		return 0, false
	}
	return parseLink(name, "socket")
}
