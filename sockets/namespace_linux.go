package sockets

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"sort"
	"strconv"

	"golang.org/x/sys/unix"
)

// namespace is a network namespace that may be read.
type namespace struct {
	inode  uint64 // 0: not told to this user
	name   string // in /run/netns, "" none
	handle string // path of the namespace's file, to enter it
	pid    int    // a process inside; 0 none is known
	thread string // folder in /proc of a thread inside; told of the caller's own
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
	partly     bool  // closed are those only that had to be asked
	err        error // the namespaces may be incomplete
}

// discover finds the network namespaces but the caller's own, by the processes
// that live there and by the names that keep them.
func (l *linux) discover(self namespace) discovery {
	root := l.root
	w, err := openWalker(root, nil)
	if err != nil {
		return discovery{err: err}
	}
	defer w.close()
	all, err := l.residents(w)
	if err != nil {
		return discovery{err: err}
	}
	mounts, err := l.mounts()
	kept := mounts.namespaces
	known := map[uint64]bool{self.inode: true}
	var found []namespace
	var closed []int
	for _, r := range all {
		if r.told != 0 && known[r.told] {
			continue
		}
		dir := strconv.Itoa(r.pid)
		switch inode := w.netns(dir); {
		case inode == 0:
			closed = append(closed, r.pid)
		case !known[inode]:
			known[inode] = true
			found = append(found, namespace{inode: inode, name: kept[inode].name, handle: filepath.Join(root, dir, "ns/net"), pid: r.pid})
		}
	}
	unnamed := w.unnamed(self, found, closed)
	for inode, m := range kept {
		if !known[inode] {
			known[inode] = true
			found = append(found, namespace{inode: inode, name: m.name, handle: m.path})
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].inode < found[j].inode })
	return discovery{append(found, unnamed...), closed, l.tasks != nil, err}
}

// resident is a process and the network namespace that it is said to live in, 0
// if that has to be asked.
type resident struct {
	pid  int
	told uint64
}

// residents are those that a walk over all processes told, or that /proc names.
func (l *linux) residents(w *walker) ([]resident, error) {
	if l.tasks != nil {
		all := make([]resident, len(l.tasks))
		for i := range l.tasks {
			all[i] = resident{l.tasks[i].PID, l.tasks[i].NetNS}
		}
		return all, nil
	}
	pids, err := w.pids()
	if err != nil {
		return nil, err
	}
	all := make([]resident, len(pids))
	for i, pid := range pids {
		all[i].pid = pid
	}
	return all, nil
}

// anyClosed gives processes that may not be looked at, all or one of them.
func (w *walker) anyClosed(found discovery) []int {
	if !found.partly || len(found.closed) > 0 {
		return found.closed
	}
	if w.netns("1") == 0 { // it is the likeliest, and to list all takes long
		return []int{1}
	}
	pids, err := w.pids()
	if err != nil {
		return nil
	}
	closed := slices.IndexFunc(pids, func(pid int) bool { return w.netns(strconv.Itoa(pid)) == 0 })
	if closed < 0 {
		return nil
	}
	return pids[closed : closed+1]
}

// openNamespace is a namespace, of any type, that a process has open.
type openNamespace struct {
	inode uint64
	descriptor
}

// keptOpen picks the network namespaces that are known by nothing but a
// descriptor.
func (l *linux) keptOpen(open []openNamespace) (found []namespace) {
	known := make(map[uint64]bool)
	for _, s := range l.spaces {
		known[s.inode] = true
	}
	for _, n := range open {
		if known[n.inode] {
			continue
		}
		known[n.inode] = true
		handle := filepath.Join(l.root, strconv.Itoa(n.pid), "fd", strconv.Itoa(n.fd))
		if inode, ok := parseLink(readLinkAt(unix.AT_FDCWD, handle), "net"); ok && inode == n.inode {
			found = append(found, namespace{inode: n.inode, handle: handle})
		}
	}
	return found
}

// unnamed finds the namespaces that only closed processes live in: their
// tables may be read, and have an inode for each namespace.
func (w *walker) unnamed(self namespace, found []namespace, closed []int) []namespace {
	if len(closed) == 0 {
		return nil
	}
	table := func(pid string) uint64 { return w.inode(pid + "/net/tcp") }
	known := map[uint64]bool{0: true, w.inode(self.thread + "/net/tcp"): true}
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

// netns is the inode of the network namespace that a process lives in, by the
// text of the link: to make the inode itself for a stat takes the kernel twice
// as long. 0 for what cannot be read.
func (w *walker) netns(pid string) uint64 {
	var target [64]byte
	n, err := unix.Readlinkat(w.proc, pid+"/ns/net", target[:])
	if err != nil {
		return 0
	}
	inode, _ := parseLink(string(target[:n]), "net")
	return inode
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
