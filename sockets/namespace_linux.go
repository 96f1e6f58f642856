package sockets

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// namespace is a network namespace that may be read.
type namespace struct {
	inode  uint64 // 0: not told to this user
	name   string // in /run/netns, "" none
	handle string // path of the namespace's file, to enter it
	pid    int    // a process inside; 0 none is known
	table  uint64 // inode of its net/tcp; told of the caller's own
}

// label is how the rows of a namespace name it.
func (n namespace) label() string {
	if n.name == "" && n.inode == 0 && n.pid != 0 {
		return "pid:" + strconv.Itoa(n.pid)
	}
	return n.name
}

// tables is the folder of the namespace's /proc/net.
func (n namespace) tables(root string) string {
	return filepath.Join(root, strconv.Itoa(n.pid), "net")
}

// discovery is what there is to read but the caller's own namespace.
type discovery struct {
	namespaces []namespace
	closed     []int // processes that may not be looked at
	err        error // the namespaces may be incomplete
}

// discover finds the network namespaces but the caller's own, by the processes
// that live there and by the names that keep them.
func discover(root string, self namespace) discovery {
	w, err := newWalker(root, true, nil)
	if err != nil {
		return discovery{err: err}
	}
	defer w.close()
	pids, err := w.pids()
	if err != nil {
		return discovery{err: err}
	}
	mounts, err := readMounts(root)
	known := map[uint64]bool{self.inode: true}
	var found []namespace
	var closed []int
	for _, pid := range pids {
		dir := strconv.Itoa(pid)
		switch inode := w.inode(dir + "/ns/net"); {
		case inode == 0:
			closed = append(closed, pid)
		case !known[inode]:
			known[inode] = true
			found = append(found, namespace{inode: inode, name: mounts[inode].name, handle: filepath.Join(root, dir, "ns/net"), pid: pid})
		}
	}
	unnamed := w.unnamed(self, found, closed)
	for inode, m := range mounts {
		if !known[inode] {
			known[inode] = true
			found = append(found, namespace{inode: inode, name: m.name, handle: m.path})
		}
	}
	slices.SortFunc(found, func(a, b namespace) int { return int(int64(a.inode) - int64(b.inode)) })
	return discovery{append(found, unnamed...), closed, err}
}

// unnamed finds the namespaces that only closed processes live in: their
// tables may be read, and have an inode for each namespace.
func (w *walker) unnamed(self namespace, found []namespace, closed []int) []namespace {
	if len(closed) == 0 {
		return nil
	}
	table := func(pid string) uint64 { return w.inode(pid + "/net/tcp") }
	known := map[uint64]bool{0: true, self.table: true}
	for _, n := range found {
		known[table(strconv.Itoa(n.pid))] = true
	}
	var unnamed []namespace
	for _, pid := range closed {
		if inode := table(strconv.Itoa(pid)); !known[inode] {
			known[inode] = true
			unnamed = append(unnamed, namespace{pid: pid})
		}
	}
	return unnamed
}

// inode gives 0 for what cannot be read.
func (w *walker) inode(path string) uint64 {
	name, err := unix.BytePtrFromString(path)
	if err != nil {
		return 0
	}
	n, err := w.stat(w.proc, name)
	if err != nil {
		return 0
	}
	return n.inode
}

// mount is a file that keeps a namespace.
type mount struct{ path, name string }

func readMounts(root string) (map[uint64]mount, error) {
	f, err := os.Open(filepath.Join(root, "self/mountinfo"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	mounts := make(map[uint64]mount)
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if inode, path, ok := parseMount(lines.Text()); ok {
			m := mount{path: path}
			if dir, name := filepath.Split(path); dir == "/run/netns/" || dir == "/var/run/netns/" {
				m.name = name
			}
			if mounts[inode].name == "" {
				mounts[inode] = m
			}
		}
	}
	return mounts, lines.Err()
}

// parseMount reads a line of mountinfo (proc_pid_mountinfo(5)) if it is of a
// network namespace: "… net:[4026532177] /run/netns/red rw - nsfs nsfs rw".
func parseMount(line string) (inode uint64, path string, ok bool) {
	fields := strings.Fields(line)
	if len(fields) < 6 {
		return 0, "", false
	}
	number, ok := strings.CutPrefix(fields[3], "net:[")
	number, closed := strings.CutSuffix(number, "]")
	inode, err := strconv.ParseUint(number, 10, 64)
	if !ok || !closed || err != nil {
		return 0, "", false
	}
	return inode, unescapeMount(fields[4]), true
}

// unescapeMount undoes the octal escapes of white space and backslashes.
func unescapeMount(path string) string {
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		if path[i] == '\\' && i+3 < len(path) {
			if code, err := strconv.ParseUint(path[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(code))
				i += 3
				continue
			}
		}
		b.WriteByte(path[i])
	}
	return b.String()
}

// visit calls f on a thread inside each namespace in turn. The errors are one
// for each namespace: its own if it could not be entered, else that of f. The
// thread is one that nothing else uses and that ends with the visits, so that
// no goroutine can ever meet it in the wrong namespace.
func visit(all []namespace, f func(namespace) error) []error {
	errs := make([]error, len(all))
	done := make(chan struct{})
	var work func()
	work = func() {
		runtime.LockOSThread() // for ever: the thread ends with the goroutine
		if unix.Gettid() == unix.Getpid() {
			// The first thread cannot end, and /proc/self shows its namespace.
			// While it is held here, the next goroutine gets another one.
			again := make(chan struct{})
			go func() { defer close(again); work() }()
			<-again
			runtime.UnlockOSThread()
			return
		}
		for i, n := range all {
			if errs[i] = enter(n); errs[i] == nil {
				errs[i] = f(n)
			}
		}
	}
	go func() { defer close(done); work() }()
	<-done
	return errs
}

// errRefused says that this user may not enter a namespace.
var errRefused = errors.New("entering the network namespace is refused")

func enter(n namespace) error {
	fd, err := unix.Open(n.handle, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("%w: %w", errRefused, err)
	}
	defer unix.Close(fd)
	if err := unix.Setns(fd, unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("%w: %w", errRefused, err)
	}
	// The process may have changed sides since, or its number.
	var st unix.Stat_t
	if err := unix.Stat("/proc/thread-self/ns/net", &st); err == nil && n.inode != 0 && st.Ino != n.inode {
		return fmt.Errorf("%w: it is gone", errRefused)
	}
	return nil
}
