package sockets

import (
	"context"
	"io"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"

	"porthole/internal/bpfiter"
)

// bpfIterators are the kernel's own walks over descriptors and processes, which
// are fastest and look into every process and thread. Each is loaded by who asks
// first, so that several may do it side by side. A nil *bpfIterators has none.
type bpfIterators struct {
	kernel func() *bpfiter.Kernel // nil where they are not to be had
	file   func() *bpfiter.Files
	task   func() *bpfiter.Tasks
	first  func() []bpfiter.Task // all processes, of the first walk

	loading sync.WaitGroup
	mu      sync.Mutex
	opened  []io.Closer
}

// newBPF loads nothing yet. The caller closes it.
func (k *kernelSource) newBPF() *bpfIterators {
	b := new(bpfIterators)
	b.kernel = sync.OnceValue(func() *bpfiter.Kernel {
		kernel, err := bpfiter.Learn()
		if err != nil {
			return nil
		}
		b.keep(kernel)
		return kernel
	})
	b.file = sync.OnceValue(func() *bpfiter.Files { return loadBPF(b, (*bpfiter.Kernel).Files) })
	b.task = sync.OnceValue(func() *bpfiter.Tasks {
		if !k.trustsTasks() {
			return nil
		}
		return loadBPF(b, (*bpfiter.Kernel).Tasks)
	})
	b.first = sync.OnceValue(func() []bpfiter.Task { return b.walkTasks(context.Background()) })
	return b
}

// loadBPF opens an iterator; the zero T if it is not to be had.
func loadBPF[T io.Closer](b *bpfIterators, open func(*bpfiter.Kernel) (T, error)) (none T) {
	kernel := b.kernel()
	if kernel == nil {
		return none
	}
	iterator, err := open(kernel)
	if err != nil {
		return none
	}
	b.keep(iterator)
	return iterator
}

func (b *bpfIterators) keep(c io.Closer) {
	b.mu.Lock()
	b.opened = append(b.opened, c)
	b.mu.Unlock()
}

// begin loads both iterators beside whatever else goes on, walks over the
// processes, and goes on with then.
func (b *bpfIterators) begin(then func()) {
	b.loading.Go(func() {
		b.first()
		then()
	})
	b.loading.Go(func() { b.file() })
}

// files is the iterator over descriptors; nil if it is not to be had.
func (b *bpfIterators) files() *bpfiter.Files {
	if b == nil {
		return nil
	}
	return b.file()
}

// firstTasks are all processes as they were first; nil if that is not known.
func (b *bpfIterators) firstTasks() []bpfiter.Task {
	if b == nil {
		return nil
	}
	return b.first()
}

// walkTasks gives all processes by their PIDs; nil if that failed, or there is no
// such iterator.
func (b *bpfIterators) walkTasks(ctx context.Context) []bpfiter.Task {
	if b == nil || b.task() == nil {
		return nil
	}
	tasks := make([]bpfiter.Task, 0, 256)
	if err := b.task().Walk(ctx, func(t bpfiter.Task) { tasks = append(tasks, t) }); err != nil {
		return nil
	}
	return tasks
}

func (b *bpfIterators) close() {
	if b == nil {
		return
	}
	b.loading.Wait()
	for _, c := range b.opened {
		c.Close()
	}
}

// mayLoadBPF tells whether the iterators may be had, and their PIDs are those
// of this PID namespace. Other users need not read the kernel's types.
func (k *kernelSource) mayLoadBPF() bool {
	return k.live && !k.noBPF &&
		(hasCapability(unix.CAP_BPF) || hasCapability(unix.CAP_SYS_ADMIN)) &&
		inodeOf(filepath.Join(k.root, "self/ns/pid")) == initPIDNamespace
}

// initTimeNamespace is the inode of the machine's first time namespace:
// PROC_TIME_INIT_INO of linux/proc_ns.h.
const initTimeNamespace = 0xEFFFFFFA

// trustsTasks tells whether /proc would show this user as much as the walk over
// processes: every process (hidepid), with the same start. The uids are the
// same because who may load a program is in the first user namespace.
func (k *kernelSource) trustsTasks() bool {
	if !hasCapability(unix.CAP_SYS_PTRACE) {
		return false
	}
	ns := inodeOf(filepath.Join(k.root, "self/ns/time"))
	return ns == 0 || ns == initTimeNamespace
}
