package sockets

import (
	"context"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"

	"porthole/internal/bpfiter"
)

// bpfIterators are the kernel's own walks over descriptors and processes, which
// are fastest and look into every process and thread. They are loaded in the
// background. A nil *bpfIterators has none.
type bpfIterators struct {
	walked chan struct{}  // closed when task and first are there
	task   *bpfiter.Tasks // nil if it is not available
	first  []bpfiter.Task // all processes, of the first walk

	loaded chan struct{}  // closed when file is there
	file   *bpfiter.Files // nil if it is not available

	loading sync.WaitGroup
}

// loadBPF starts loading the iterators. With tasks the one over processes comes first,
// and makes its first walk. The caller closes them.
func (k *kernelSource) loadBPF(tasks bool) *bpfIterators {
	b := &bpfIterators{walked: make(chan struct{}), loaded: make(chan struct{})}
	b.loading.Go(func() { b.load(tasks && k.trustsTasks()) })
	return b
}

// load does everything in one goroutine: waking another processor for the second
// program takes as long as loading it.
func (b *bpfIterators) load(tasks bool) {
	kernel, err := bpfiter.OpenKernel()
	if err != nil {
		close(b.walked)
		close(b.loaded)
		return
	}
	defer kernel.Close()
	if tasks {
		if task, err := kernel.Tasks(); err == nil {
			b.task, b.first = task, walkTasks(context.Background(), task)
		}
	}
	close(b.walked)
	if file, err := kernel.Files(); err == nil {
		b.file = file
	}
	close(b.loaded)
}

// files is the iterator over descriptors; nil if it is not available.
func (b *bpfIterators) files() *bpfiter.Files {
	if b == nil {
		return nil
	}
	<-b.loaded
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
