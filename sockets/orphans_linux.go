package sockets

import (
	"context"
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"
)

// orphaned looks for the sockets that no process's own table of descriptors has:
// in the tables of threads that left it (unshare(CLONE_FILES), or a first
// thread that ended), and among the files that an io_uring keeps registered
// after their descriptors were closed.
func (w *walker) orphaned(ctx context.Context, pids []int, seen *walked) {
	buffer := make([]byte, dirBufferLen)
	for _, pid := range pids {
		if ctx.Err() != nil {
			return
		}
		if !w.hasThreads(pid) {
			continue
		}
		for _, tid := range w.otherTables(pid, buffer) {
			// Of a process whose first thread has ended that one's table may
			// not be read by other users, and the next one's may.
			if !w.descriptors(fmt.Sprintf("%d/task/%d/fd", pid, tid), pid, buffer, seen) {
				break
			}
		}
	}
	for _, d := range seen.anonymous { // those of other tables are their last
		w.registered(d, seen)
	}
}

// hasThreads asks for the links of a process's folder of threads: one for each
// and two of its own. Where it is not known the folder must be read.
func (w *walker) hasThreads(pid int) bool {
	var st unix.Stat_t
	const alone = 3
	return unix.Fstatat(w.proc, strconv.Itoa(pid)+"/task", &st, 0) != nil || st.Nlink != alone
}

// otherTables lists one thread for each table of descriptors that is not the
// process's own.
func (w *walker) otherTables(pid int, buffer []byte) []int {
	var threads []int
	err := w.numbers(w.proc, strconv.Itoa(pid)+"/task", buffer, func(_, tid int, _ *byte) {
		if tid != pid {
			threads = append(threads, tid)
		}
	})
	if err != nil {
		return nil // ended
	}
	others := threads[:0]
	last := pid
	for _, tid := range threads {
		if sameTable(pid, tid) || sameTable(last, tid) {
			continue
		}
		others = append(others, tid)
		last = tid
	}
	return others
}

// sameTable asks by kcmp(2) whether two threads share their descriptors. A
// kernel without that call says no, which costs time and nothing else.
func sameTable(a, b int) bool {
	const kcmpFiles = 2 // KCMP_FILES of linux/kcmp.h
	order, _, errno := unix.Syscall6(unix.SYS_KCMP, uintptr(a), uintptr(b), kcmpFiles, 0, 0, 0)
	return errno == 0 && order == 0
}
