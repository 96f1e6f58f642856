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
			// If the first thread has ended, other users may not read its
			// table, but they may read the next one's.
			if !w.descriptors(fmt.Sprintf("%d/task/%d/fd", pid, tid), pid, buffer, seen) {
				break
			}
		}
	}
	for _, d := range seen.anonymous { // those of other tables, too
		w.registered(d, seen)
	}
}

// hasThreads reports whether a process has more than one thread, by the links of its
// folder task: one for each thread and two of its own. It says yes where that cannot be
// read.
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

// sameTable asks by kcmp(2) whether two threads share their descriptors. It says no
// where the kernel lacks that call, which costs only time.
func sameTable(a, b int) bool {
	const kcmpFiles = 2 // KCMP_FILES of linux/kcmp.h
	order, _, errno := unix.Syscall6(unix.SYS_KCMP, uintptr(a), uintptr(b), kcmpFiles, 0, 0, 0)
	return errno == 0 && order == 0
}
