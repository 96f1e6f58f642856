package sockets

import (
	"context"
	"io"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"

	"porthole/internal/bpfiter"
)

// walks are those that the kernel takes by itself, which are fastest and look
// into every process and thread. Each is made ready by who asks first, so that
// several may do it side by side. A nil *walks has none.
type walks struct {
	learn func() *bpfiter.Kernel // gives nil where walks are not to be had
	files func() *bpfiter.Files
	tasks func() *bpfiter.Tasks
	told  func() []bpfiter.Task // by a first walk over processes

	wanted func()         // nil: nothing was begun
	beside sync.WaitGroup // what goes on by itself
	mu     sync.Mutex
	opened []io.Closer
}

// newWalks prepares nothing yet. The caller closes it. With lasting the kernel's
// types stay mapped, because to unmap them makes all threads wait.
func (l *linux) newWalks(lasting bool) *walks {
	w := new(walks)
	w.learn = sync.OnceValue(func() *bpfiter.Kernel {
		if !l.mayAskKernel() {
			return nil
		}
		kernel, err := bpfiter.Learn()
		if err != nil {
			return nil
		}
		if !lasting {
			w.keep(kernel)
		}
		return kernel
	})
	w.files = sync.OnceValue(func() *bpfiter.Files { return makeReady(w, (*bpfiter.Kernel).Files) })
	w.tasks = sync.OnceValue(func() *bpfiter.Tasks {
		return makeReady(w, func(k *bpfiter.Kernel) (*bpfiter.Tasks, error) {
			if !l.trustsTasks() {
				return nil, bpfiter.ErrUnavailable
			}
			return k.Tasks()
		})
	})
	w.told = sync.OnceValue(func() []bpfiter.Task { return walkTasks(context.Background(), w.tasks()) })
	return w
}

// makeReady opens a walk; the zero T if it is not to be had.
func makeReady[T io.Closer](w *walks, open func(*bpfiter.Kernel) (T, error)) (none T) {
	kernel := w.learn()
	if kernel == nil {
		return none
	}
	walk, err := open(kernel)
	if err != nil {
		return none
	}
	w.keep(walk)
	return walk
}

func (w *walks) keep(c io.Closer) {
	w.mu.Lock()
	w.opened = append(w.opened, c)
	w.mu.Unlock()
}

// begin makes both walks ready, beside whatever else goes on, takes the first one
// over processes once wanted is called, or close, and goes on with then.
func (w *walks) begin(then func()) {
	begun := make(chan struct{})
	w.wanted = sync.OnceFunc(func() { close(begun) })
	w.beside.Go(func() {
		w.tasks()
		<-begun
		w.told()
		then()
	})
	w.beside.Go(func() { w.files() })
}

// overFiles is the walk over descriptors; nil if it is not to be had.
func (w *walks) overFiles() *bpfiter.Files {
	if w == nil {
		return nil
	}
	return w.files()
}

// overTasks is the walk over processes; nil if it is not to be had.
func (w *walks) overTasks() *bpfiter.Tasks {
	if w == nil {
		return nil
	}
	return w.tasks()
}

func (w *walks) close() {
	if w == nil {
		return
	}
	if w.wanted != nil {
		w.wanted()
	}
	w.beside.Wait()
	for _, c := range w.opened {
		c.Close()
	}
}

// mayAskKernel tells whether the walks may be to be had, and their PIDs are those
// of this PID namespace. It spares other users the reading of the types.
func (l *linux) mayAskKernel() bool {
	return l.live && !l.slow &&
		(hasCapability(unix.CAP_BPF) || hasCapability(unix.CAP_SYS_ADMIN)) &&
		inodeOf(filepath.Join(l.root, "self/ns/pid")) == initPIDNamespace
}

// initTimeNamespace is the inode of the machine's first time namespace:
// PROC_TIME_INIT_INO of linux/proc_ns.h.
const initTimeNamespace = 0xEFFFFFFA

// trustsTasks tells whether /proc would tell this user as much as the walk over
// processes: of every process (hidepid), with the same start. The uids are the
// same because who may load a program is in the first user namespace.
func (l *linux) trustsTasks() bool {
	if !hasCapability(unix.CAP_SYS_PTRACE) {
		return false
	}
	ns := inodeOf(filepath.Join(l.root, "self/ns/time"))
	return ns == 0 || ns == initTimeNamespace
}
