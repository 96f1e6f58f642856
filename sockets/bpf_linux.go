package sockets

import (
	"context"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"

	"porthole/internal/bpfiter"
)

// bpfIterators are the kernel's own walks over descriptors and processes, which
// are fastest and look into every process and thread. Their programs are loaded side
// by side: that over processes in the background, that over descriptors by files. A nil
// *bpfIterators has none.
type bpfIterators struct {
	opened chan struct{}   // closed when kernel is there
	kernel *bpfiter.Kernel // nil if it is not available

	walked chan struct{}  // closed when task and first are there
	task   *bpfiter.Tasks // nil if it is not available
	first  []bpfiter.Task // all processes, of the first walk

	loadFile sync.Once
	file     *bpfiter.Files // nil if it is not available

	loading sync.WaitGroup
}

// loadBPF starts loading the iterators. With tasks the one over processes makes its
// first walk. The caller closes them.
func (k *kernelSource) loadBPF(tasks bool) *bpfIterators {
	b := &bpfIterators{opened: make(chan struct{}), walked: make(chan struct{})}
	b.loading.Go(func() { b.load(tasks && k.trustsTasks()) })
	return b
}

func (b *bpfIterators) load(tasks bool) {
	if kernel, err := bpfiter.OpenKernel(); err == nil {
		b.kernel = kernel
		defer kernel.Close() // what is loaded does not need it
	}
	close(b.opened)
	if b.kernel != nil && tasks {
		if task, err := b.kernel.Tasks(); err == nil {
			b.task, b.first = task, walkTasks(context.Background(), task)
		}
	}
	close(b.walked)
}

// files is the iterator over descriptors; nil if it is not available. The first call
// loads it: who asks would only wait meanwhile, and waking another processor takes as
// long.
func (b *bpfIterators) files() *bpfiter.Files {
	if b == nil {
		return nil
	}
	b.loadFile.Do(func() {
		<-b.opened
		if b.kernel == nil {
			return
		}
		if file, err := b.kernel.Files(); err == nil {
			b.file = file
		}
	})
	return b.file
}

// firstTasks returns the processes that the first walk found; nil if there was none.
func (b *bpfIterators) firstTasks() []bpfiter.Task {
	if b == nil {
		return nil
	}
	<-b.walked
	return b.first
}

// tasks walks over the processes and returns them by PID; nil if that failed or the
// iterator is not available.
func (b *bpfIterators) tasks(ctx context.Context) []bpfiter.Task {
	if b == nil {
		return nil
	}
	<-b.walked
	if b.task == nil {
		return nil
	}
	return walkTasks(ctx, b.task)
}

func walkTasks(ctx context.Context, walk *bpfiter.Tasks) []bpfiter.Task {
	tasks := make([]bpfiter.Task, 0, 256)
	if err := walk.Walk(ctx, func(t bpfiter.Task) { tasks = append(tasks, t) }); err != nil {
		return nil
	}
	return tasks
}

func (b *bpfIterators) close() {
	if b == nil {
		return
	}
	b.loading.Wait()
	if b.task != nil {
		b.task.Close()
	}
	if b.file != nil {
		b.file.Close()
	}
}

// mayLoadBPF reports whether this user may load the iterators, and whether the PIDs
// that they give are those of this PID namespace. It is asked first because reading
// the kernel's types takes long.
func (k *kernelSource) mayLoadBPF() bool {
	return k.live && !k.noBPF &&
		(hasCapability(unix.CAP_BPF) || hasCapability(unix.CAP_SYS_ADMIN)) &&
		inodeOf(filepath.Join(k.root, "self/ns/pid")) == initPIDNamespace
}

// initTimeNamespace is the inode of the machine's first time namespace:
// PROC_TIME_INIT_INO of linux/proc_ns.h.
const initTimeNamespace = 0xEFFFFFFA

// trustsTasks reports whether the walk over processes tells this user what /proc
// would: every process (see hidepid in proc(5)), with the same start times. The uids
// agree, since only processes of the first user namespace may load a program.
func (k *kernelSource) trustsTasks() bool {
	if !hasCapability(unix.CAP_SYS_PTRACE) {
		return false
	}
	ns := inodeOf(filepath.Join(k.root, "self/ns/time"))
	return ns == 0 || ns == initTimeNamespace
}
