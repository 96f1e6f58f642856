package sockets

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"porthole/internal/bpfiter"
	"porthole/internal/firewall"
)

// openSource opens the one that is asked for.
func openSource(s Source, noBPF bool) (source, error) {
	if s == SourceGopsutil {
		return openGopsutil(), nil
	}
	return newKernelSource(kernelConfig{procFS: procFS{root: "/proc", live: true}, noBPF: noBPF}), nil
}

// kernelConfig is how the kernel is asked.
type kernelConfig struct {
	procFS
	noBPF  bool // load no program
	noDiag bool // as if sock_diag were missing

	runtimeNames askRuntime // nil: containerNames
}

// kernelSource reads one Linux machine once: rows from sock_diag or /proc/net, of
// each network namespace; holders from BPF iterators or /proc; processes from /proc.
type kernelSource struct {
	kernelConfig
	mounts    *mountTable
	bpf       *bpfIterators // nil: not wanted, or not available
	netns     *netnsSet
	processes *processes
	labels    *labels
	searched  bool      // found is known
	found     discovery // the other namespaces, and processes that may not be looked at
}

func newKernelSource(c kernelConfig) *kernelSource {
	c.short = new(shortage)
	k := &kernelSource{kernelConfig: c, mounts: &mountTable{procFS: c.procFS}, processes: newProcesses(c.procFS)}
	if c.live {
		k.processes.cgroups.tasks = containerdTasks
	}
	k.netns = &netnsSet{procFS: c.procFS, mounts: k.mounts}
	k.labels = &labels{procFS: c.procFS, mounts: k.mounts, cgroups: k.processes.cgroups, netns: k.netns, ask: c.runtimeNames}
	return k
}

func (k *kernelSource) separate() bool { return true }

func (k *kernelSource) describe(ctx context.Context, pids []int) (map[int]Process, error) {
	return k.processes.describeAll(ctx, pids)
}

func (k *kernelSource) unreadable() Hidden {
	return k.whyUnreadable(!hasCapability(unix.CAP_SYS_PTRACE))
}

func (k *kernelSource) firstUnprivileged() (uint16, error) { return firstUnprivileged(k.root) }

func (k *kernelSource) userName(uid int) string { return k.processes.people.name(uid) }

func (k *kernelSource) finish(ctx context.Context, want want, rows []row) []error {
	k.dropForked(ctx, rows)
	k.labels.add(ctx, rows)
	if k.live && want.holders { // rows alone must come at once, and a runtime may take long
		k.nameKernelSockets(ctx, rows)
		k.labels.nameContainers(ctx)
	}
	if err := k.short.take(); err != nil {
		return []error{incomplete("not everything could be opened or read: %w", err)}
	}
	return nil
}

func (k *kernelSource) alive(pid int) bool {
	return !k.live || !errors.Is(unix.Kill(pid, 0), unix.ESRCH)
}

func (k *kernelSource) close() { k.bpf.close() }

// rows reads the tables of all namespaces that are wanted, then looks for the
// holders: what is opened in between has no row, rather than a row without its
// holder.
func (k *kernelSource) rows(ctx context.Context, want want) ([]row, []error, error) {
	self := k.self()
	finish := k.begin(want, self)
	rows, own, warnings, err := k.ownRows(ctx, want, self) // on the caller's thread
	if err := cmp.Or(ctx.Err(), err); err != nil {
		finish()
		return nil, nil, err
	}
	if err := k.check(); err != nil && !(want.self && !want.holders) {
		warnings = append(warnings, incomplete("no holders, and no other network namespaces: %w", err))
	}
	if mounts, err := k.mounts.read(); err == nil {
		own.name = mounts.NetNS[own.inode].Name
	}
	k.netns.add(own, rows)
	if want.links || slices.ContainsFunc(rows, row.outward) {
		warnings = append(warnings, own.readFirewall(ctx, want, want.links, rows)...)
	}
	finish()
	more, failed := k.otherRows(ctx, want, k.found)
	rows, warnings = append(rows, more...), append(warnings, failed...)
	if want.holders {
		rows, failed = k.held(ctx, want, rows)
		warnings = append(warnings, failed...)
	}
	return rows, warnings, ctx.Err()
}

// begin starts what goes on while the tables are read: loading the BPF iterators, and
// looking for namespaces. finish waits for it.
func (k *kernelSource) begin(want want, self netns) (finish func()) {
	search := k.live && !want.self && !k.searched // a watch that found something new reads a second time
	k.searched = k.searched || search
	discover := func() {
		if search {
			k.found = k.netns.discover(self, k.processes.tasks)
		}
	}
	if want.holders && k.mayLoadBPF() {
		if k.bpf == nil {
			k.bpf = k.loadBPF(true)
			k.processes.again = k.bpf.tasks
		}
		return func() {
			k.prefetchFiles()
			k.bpf.files() // beside the walk over processes
			k.processes.tasks = k.bpf.firstTasks()
			discover()
		}
	}
	return inBackground(discover)
}

// prefetchFiles reads what most lists come to need, while it waits for the kernel's
// walks anyway.
func (k *kernelSource) prefetchFiles() {
	k.mounts.read()
	k.processes.people.name(0)
}

// ownRows reads the namespace of the calling thread.
func (k *kernelSource) ownRows(ctx context.Context, want want, self netns) ([]row, *netnsInfo, []error, error) {
	own := &netnsInfo{netns: self}
	rows, warnings, err := k.table(ctx, want, k.ownTables())
	if err != nil {
		return nil, nil, nil, err
	}
	if !k.live {
		if first, err := firstUnprivileged(k.root); err == nil {
			own.binding = &lowPorts{firstUnprivileged: first}
		}
		return rows, own, warnings, nil
	}
	own.inspect(ctx)
	return rows, own, warnings, nil
}

// otherRows reads every namespace but the caller's. What cannot be entered is
// read by the files of a process inside; what has none is a warning.
func (k *kernelSource) otherRows(ctx context.Context, want want, found discovery) ([]row, []error) {
	var warnings []error
	if found.err != nil && k.check() == nil { // else rows has a warning
		warnings = append(warnings, incomplete("looking for network namespaces: %w", found.err))
	}
	if len(found.namespaces) == 0 {
		return nil, warnings
	}
	warnings = append(warnings, k.netns.own().readFirewall(ctx, want, want.links, nil)...) // others may be behind it
	if want.holders {
		k.netns.own().nat = k.netns.own().translations(ctx)
	}
	infos := make([]*netnsInfo, len(found.namespaces))
	tables := make([][]row, len(infos))
	for i, n := range found.namespaces {
		infos[i] = &netnsInfo{netns: n}
	}
	rules := 0 // bytes
	errs := visit(found.namespaces, func(i int) (err error) {
		tables[i], _, err = k.table(ctx, want, "/proc/thread-self/net")
		infos[i].inspect(ctx)
		if want.firewall != nil && rules > maxRules {
			infos[i].firewall = firewall.Unread("the namespaces have too many rules", 0)
		}
		warnings = append(warnings, infos[i].readFirewall(ctx, want, want.links || k.netns.throughOwn(), tables[i])...)
		rules += infos[i].rules()
		if want.holders {
			infos[i].nat = infos[i].translations(ctx)
		}
		return err
	})
	var rows []row
	for i, info := range infos {
		if errors.Is(errs[i], errRefused) && info.pid != 0 && ctx.Err() == nil {
			dir := info.tables(k.root)
			tables[i], errs[i] = tableFiles(dir, want.all)
			info.inspectFromOutside(dir)
		}
		if errs[i] != nil {
			switch err := errs[i]; {
			case errors.Is(err, os.ErrNotExist): // it went away meanwhile
			case errors.Is(err, errRefused):
				warnings = append(warnings, fmt.Errorf("sockets: network namespace %s: %w", info.title(), err))
			default:
				warnings = append(warnings, incomplete("network namespace %s: %w", info.title(), err))
			}
			continue
		}
		k.netns.add(info, tables[i])
		rows = append(rows, tables[i]...)
	}
	return rows, warnings
}

// held finds the holders of the rows, and adds the rows of the namespaces that are
// kept by nothing but a descriptor.
func (k *kernelSource) held(ctx context.Context, want want, rows []row) ([]row, []error) {
	failed := func(err error) []error {
		if k.check() != nil { // rows has a warning
			return nil
		}
		if isShortage(err) {
			k.short.note(err) // which finish tells
			return nil
		}
		return []error{incomplete("looking for the holders: %w", err)}
	}
	seen, err := k.findHolders(ctx, rows, k.bpf.files(), !want.self)
	if err != nil {
		return rows, failed(err)
	}
	rows = withoutPassing(rows)
	if !k.live || want.self {
		return rows, nil
	}
	bySocket, err := seen.bySocket, error(nil)
	if len(seen.unmatched.list) > 0 {
		bySocket, err = namespacesOf(ctx, seen.unmatched.list)
	}
	more, warnings := k.otherRows(ctx, want, discovery{namespaces: k.netns.keptOpen(seen.namespaces, bySocket)})
	if err != nil {
		warnings = append(warnings, err)
	}
	for i := range more {
		more[i].viaFiles = true
	}
	if len(more) > 0 {
		if _, err := k.findHolders(ctx, more, k.bpf.files(), false); err != nil {
			warnings = append(warnings, failed(err)...)
		}
	}
	return append(rows, withoutPassing(more)...), warnings
}

// holders is findHolders for rows that were read without.
func (k *kernelSource) holders(ctx context.Context, rows []row) error {
	var files *bpfiter.Files
	if k.mayLoadBPF() {
		bpf := k.loadBPF(false)
		defer bpf.close()
		files = bpf.files()
	}
	_, err := k.findHolders(ctx, rows, files, false)
	return err
}
