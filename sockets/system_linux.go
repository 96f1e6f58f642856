package sockets

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"porthole/internal/bpfiter"
	"porthole/internal/sockdiag"
)

// thisMachine asks the kernel by sock_diag and reads /proc.
func thisMachine() system { return (&linux{root: "/proc", live: true}).system() }

// procSystem reads a machine through the proc filesystem mounted at root.
func procSystem(root string) system { return (&linux{root: root}).system() }

// linux reads one Linux machine once.
type linux struct {
	root string
	live bool // root is this kernel's own, which can be asked directly
	slow bool // without BPF or sock_diag, as where neither is to be had

	askRuntime func(ctx context.Context, socket string) (names map[string]string, err error) // nil: containerNames

	mounted struct {
		once sync.Once
		mounts
		err error
	}
	people    users
	ancestors ancestry
	cgroups   cgroups
	looked    bool               // found is told
	found     discovery          // the other namespaces, and who may not be looked at
	spaces    []*space           // the namespaces that were read
	tenants   map[int]*Container // by a process of the namespace
	binders   map[int]bool       // processes whose right to a low port is judged
	walks     *walks             // nil: not wanted, or not to be had
	tasks     []bpfiter.Task     // what the walk over processes told, by PID
	ahead     map[int]Process    // holders that were described while others were sought
}

func (l *linux) system() system {
	sys := system{
		rows:              l.rows,
		describe:          func(_ context.Context, pid int) (Process, error) { return l.describe(pid) },
		unseen:            func() Hidden { return l.whyUnseen(!hasCapability(unix.CAP_SYS_PTRACE)) },
		firstUnprivileged: func() (uint16, error) { return firstUnprivileged(l.root) },
		userName:          l.people.name,
		finish:            l.finish,
		holders:           l.seekHolders,
		changed:           l.changed,
		close:             l.close,
	}
	if l.live {
		sys.alive = func(pid int) bool { return !errors.Is(unix.Kill(pid, 0), unix.ESRCH) }
	}
	return sys
}

func (l *linux) close() { l.walks.close() }

// rows reads the tables of all namespaces that are wanted, then looks for the
// holders: what is opened in between has no row, rather than a row without its
// holder.
func (l *linux) rows(ctx context.Context, want want) ([]row, []error, error) {
	self := l.self()
	finish := l.prepare(want, self)
	rows, own, err := l.ownRows(ctx, want, self) // on the caller's thread
	finish()
	if ctx.Err() != nil {
		return nil, nil, ctx.Err()
	}
	if err != nil {
		return gopsutilRows(ctx, l.root, want)
	}
	if mounts, err := l.mounts(); err == nil {
		own.name = mounts.namespaces[own.inode].name
	}
	l.settle(rows, own)
	more, warnings := l.otherRows(ctx, want, l.found)
	rows = append(rows, more...)
	if want.holders {
		var failed []error
		rows, failed = l.held(ctx, want, rows, preparation{l.found, l.walks.overFiles()})
		warnings = append(warnings, failed...)
	}
	return rows, warnings, ctx.Err()
}

// held finds the holders of the rows, and adds those of the namespaces that are
// met on the way.
func (l *linux) held(ctx context.Context, want want, rows []row, found preparation) ([]row, []error) {
	failed := func(err error) []error {
		return []error{fmt.Errorf("sockets: looking for the holders: %w", err)}
	}
	open, err := l.findHolders(ctx, rows, found)
	if err != nil {
		return rows, failed(err)
	}
	if !l.live || want.self {
		return rows, nil
	}
	more, warnings := l.otherRows(ctx, want, discovery{namespaces: l.keptOpen(open)})
	for i := range more {
		more[i].met = true
	}
	if len(more) > 0 {
		if _, err := l.findHolders(ctx, more, found); err != nil {
			warnings = append(warnings, failed(err)...)
		}
	}
	return append(rows, more...), warnings
}

// preparation is what the search for the holders begins with.
type preparation struct {
	discovery
	files *bpfiter.Files // nil: not wanted, or not to be had
}

// prepare begins with what goes on beside the reading of the tables: to ready the
// kernel's walks, and to look for namespaces. finish waits for it.
func (l *linux) prepare(want want, self namespace) (finish func()) {
	look := l.live && !want.self && !l.looked // else it is a second reading, as of a watch that found something new
	l.looked = l.looked || look
	discover := func() {
		if look {
			l.found = l.discover(self)
		}
	}
	if want.holders && l.mayAskKernel() {
		if l.walks == nil {
			l.walks = l.newWalks(false)
			l.walks.begin(l.foresee)
		}
		l.walks.wanted()
		return func() { // there is little left to do
			l.walks.overFiles() // it may help
			l.tasks = l.walks.told()
			discover()
		}
	}
	var working sync.WaitGroup
	working.Go(discover)
	return working.Wait
}

// foresee reads what most lists come to need, while a processor has nothing to do.
func (l *linux) foresee() {
	l.mounts()
	l.people.name(0)
}

// self is the namespace of the calling thread.
func (l *linux) self() namespace {
	thread := "self"
	if l.live {
		thread += "/task/" + strconv.Itoa(unix.Gettid())
	}
	handle := filepath.Join(l.root, thread, "ns/net")
	return namespace{inode: inodeOf(handle), handle: handle, thread: thread}
}

// ownRows reads the namespace of the calling thread.
func (l *linux) ownRows(ctx context.Context, want want, self namespace) ([]row, *space, error) {
	own := &space{namespace: self}
	tables := filepath.Join(l.root, "net")
	if l.live {
		tables = filepath.Join(l.root, "thread-self/net")
	}
	rows, err := l.table(ctx, want, tables)
	if err != nil {
		return nil, nil, err
	}
	if first, err := firstUnprivileged(l.root); err == nil {
		own.place = &place{firstUnprivileged: first, userNamespace: owner(own.handle)}
	}
	return rows, own, nil
}

// otherRows reads every namespace but the caller's. What cannot be entered is
// read by the files of a process inside; what has none is a warning.
func (l *linux) otherRows(ctx context.Context, want want, found discovery) ([]row, []error) {
	others := found.namespaces
	var warnings []error
	if found.err != nil {
		warnings = append(warnings, fmt.Errorf("sockets: looking for network namespaces: %w", found.err))
	}
	if len(others) == 0 {
		return nil, warnings
	}
	if want.holders {
		l.spaces[0].nat = natRules(ctx) // the caller's own was read first
	}
	spaces := make([]*space, len(others))
	tables := make([][]row, len(others))
	index := make(map[namespace]int, len(others))
	for i, n := range others {
		spaces[i], index[n] = &space{namespace: n}, i
	}
	errs := visit(others, func(n namespace) (err error) {
		i := index[n]
		tables[i], err = l.table(ctx, want, "/proc/thread-self/net")
		spaces[i].look("/proc/thread-self/net", "/proc", owner(n.handle))
		if want.holders {
			spaces[i].nat = natRules(ctx)
		}
		return err
	})
	var rows []row
	for i, n := range others {
		if errs[i] != nil && n.pid != 0 && ctx.Err() == nil {
			tables[i], errs[i] = tableFiles(n.tables(l.root), want.all)
			spaces[i].look(n.tables(l.root), "", 0)
		}
		if errs[i] != nil {
			if !errors.Is(errs[i], syscall.ENOENT) { // it went away meanwhile
				warnings = append(warnings, fmt.Errorf("sockets: network namespace %s: %w", n.title(), errs[i]))
			}
			continue
		}
		l.settle(tables[i], spaces[i])
		rows = append(rows, tables[i]...)
	}
	return rows, warnings
}

// table reads one namespace, from the kernel or else from the files in dir.
func (l *linux) table(ctx context.Context, want want, dir string) ([]row, error) {
	if l.live && !l.slow {
		rows, err := diagRows(ctx, want)
		if err == nil || ctx.Err() != nil {
			return rows, err
		}
		if !errors.Is(err, sockdiag.ErrUnavailable) && !isErrno(err) {
			return nil, err
		}
	}
	return tableFiles(dir, want.all)
}

// settle tells the rows where they live.
func (l *linux) settle(rows []row, s *space) {
	l.spaces = append(l.spaces, s)
	label := s.label()
	for i := range rows {
		rows[i].place, rows[i].space = s.place, len(l.spaces)
		rows[i].NetNS, rows[i].NetNSName, rows[i].Isolated = s.inode, label, s.isolated
	}
}
