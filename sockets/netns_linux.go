package sockets

import (
	"path/filepath"
	"slices"
	"sort"
	"strconv"

	"golang.org/x/sys/unix"

	"porthole/internal/bpfiter"
	"porthole/sockets/internal/procfs"
)

// netns is a network namespace that may be read.
type netns struct {
	inode  uint64     // 0: this user may not know
	name   string     // in /run/netns, "" none
	handle string     // path of the namespace's file, to enter it; "" none
	socket descriptor // of a socket inside, where there is no such file
	pid    int        // a process inside; 0 none is known
	thread string     // folder in /proc of a thread inside; known of the caller's own
}

// label is how the rows of a namespace name it.
func (n netns) label() string {
	if n.name == "" && n.inode == 0 && n.pid != 0 {
		return "pid:" + strconv.Itoa(n.pid)
	}
	return n.name
}

// tables is the folder of the namespace's /proc/net.
func (n netns) tables(root string) string {
	return filepath.Join(root, strconv.Itoa(n.pid), "net")
}

// netnsSet is the network namespaces of the machine that were read.
type netnsSet struct {
	procFS
	mounts *mountTable
	read   []*netnsInfo // the caller's own first
}

// own is the namespace of the caller.
func (set *netnsSet) own() *netnsInfo { return set.read[0] }

// of is the namespace of a row; nil unknown.
func (set *netnsSet) of(r *row) *netnsInfo {
	if r.netns == 0 {
		return nil
	}
	return set.read[r.netns-1]
}

// latest is the namespaces that were read, each once, as they were read last: a refresh
// may read them twice.
func (set *netnsSet) latest() (list []*netnsInfo) {
	at := make(map[uint64]int, len(set.read))
	for _, n := range set.read {
		if i, twice := at[n.inode]; twice && n.inode != 0 {
			list[i] = n
			continue
		}
		at[n.inode] = len(list)
		list = append(list, n)
	}
	return list
}

// add takes a namespace in and tells its rows where they are.
func (set *netnsSet) add(n *netnsInfo, rows []row) {
	set.read = append(set.read, n)
	label := n.label()
	for i := range rows {
		rows[i].binding, rows[i].netns = n.binding, len(set.read)
		rows[i].NetNS, rows[i].NetNSName, rows[i].Isolated = n.inode, label, n.isolated
	}
}

// discovery is what there is to read beside the caller's own namespace.
type discovery struct {
	namespaces []netns
	unreadable []int // processes that this user may not look at
	partly     bool  // unreadable lacks those that a BPF walk told of
	err        error // the namespaces may be incomplete
}

// discover finds the network namespaces but the caller's own, by the processes
// that live there and by the names that keep them.
func (set *netnsSet) discover(self netns, tasks []bpfiter.Task) discovery {
	root := set.root
	w, err := openWalker(set.procFS, nil)
	if err != nil {
		return discovery{err: err}
	}
	defer w.close()
	all, err := residents(w, tasks)
	if err != nil {
		return discovery{err: err}
	}
	mounts, err := set.mounts.read()
	kept := mounts.NetNS
	known := map[uint64]bool{self.inode: true}
	var found []netns
	var unreadable []int
	for _, r := range all {
		if r.netns != 0 && known[r.netns] {
			continue
		}
		dir := strconv.Itoa(r.pid)
		switch inode := w.netns(dir); {
		case inode == 0:
			unreadable = append(unreadable, r.pid)
		case !known[inode]:
			known[inode] = true
			found = append(found, netns{inode: inode, name: kept[inode].Name, handle: filepath.Join(root, dir, "ns/net"), pid: r.pid})
		}
	}
	unnamed := w.unnamed(self, found, unreadable)
	for inode, m := range kept {
		if !known[inode] {
			known[inode] = true
			found = append(found, netns{inode: inode, name: m.Name, handle: m.Path})
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].inode < found[j].inode })
	return discovery{append(found, unnamed...), unreadable, tasks != nil, err}
}

// resident is a process and the network namespace that it is in, 0 if that has to
// be read.
type resident struct {
	pid   int
	netns uint64
}

// residents are all processes, of a BPF walk or of /proc.
func residents(w *walker, tasks []bpfiter.Task) ([]resident, error) {
	if tasks != nil {
		all := make([]resident, len(tasks))
		for i := range tasks {
			all[i] = resident{tasks[i].PID, tasks[i].NetNS}
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

// anyUnreadable returns processes that this user may not look at: some of them, if there
// are any.
func (w *walker) anyUnreadable(found discovery) []int {
	if !found.partly || len(found.unreadable) > 0 {
		return found.unreadable
	}
	if w.netns("1") == 0 { // it is the likeliest, and to list all takes long
		return []int{1}
	}
	pids, err := w.pids()
	if err != nil {
		return nil
	}
	first := slices.IndexFunc(pids, func(pid int) bool { return w.netns(strconv.Itoa(pid)) == 0 })
	if first < 0 {
		return nil
	}
	return pids[first : first+1]
}

// openNetns is a namespace, of any type, that a process has open.
type openNetns struct {
	inode uint64
	descriptor
}

// keptOpen picks the network namespaces that are known by nothing but a
// descriptor: of the namespace itself, or of a socket inside.
func (set *netnsSet) keptOpen(open []openNetns, bySocket map[uint64]descriptor) (found []netns) {
	known := make(map[uint64]bool)
	for _, n := range set.read {
		known[n.inode] = true
	}
	for _, n := range open {
		if known[n.inode] {
			continue
		}
		known[n.inode] = true
		handle := filepath.Join(set.root, strconv.Itoa(n.pid), "fd", strconv.Itoa(n.fd))
		if inode, ok := procfs.ParseLink(readLinkAt(unix.AT_FDCWD, handle), "net"); ok && inode == n.inode {
			found = append(found, netns{inode: n.inode, handle: handle})
		}
	}
	for inode, d := range bySocket {
		if !known[inode] {
			found = append(found, netns{inode: inode, socket: d})
		}
	}
	return found
}

// unnamed finds the namespaces in which only unreadable processes live: their socket
// tables may be read, and have an inode of their own in each namespace.
func (w *walker) unnamed(self netns, found []netns, unreadable []int) []netns {
	if len(unreadable) == 0 {
		return nil
	}
	table := func(pid string) uint64 { return w.inode(pid + "/net/tcp") }
	known := map[uint64]bool{0: true, w.inode(self.thread + "/net/tcp"): true}
	for _, n := range found {
		known[table(strconv.Itoa(n.pid))] = true
	}
	var unnamed []netns
	for _, pid := range unreadable {
		if inode := table(strconv.Itoa(pid)); !known[inode] {
			known[inode] = true
			unnamed = append(unnamed, netns{pid: pid})
		}
	}
	return unnamed
}

// netns is the inode of the network namespace that a process lives in, by the text of
// the link: a stat takes the kernel twice as long, since it has to make the inode. It
// is 0 for what cannot be read.
func (w *walker) netns(pid string) uint64 {
	var target [64]byte
	n, err := unix.Readlinkat(w.proc, pid+"/ns/net", target[:])
	if err != nil {
		return 0
	}
	inode, _ := procfs.ParseLink(string(target[:n]), "net")
	return inode
}

// inode is 0 for what cannot be read.
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
