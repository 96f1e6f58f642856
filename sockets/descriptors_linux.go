package sockets

import (
	"context"
	"encoding/binary"
	"errors"
	"maps"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"porthole/sockets/internal/procfs"
)

// walker finds who holds which sockets by the descriptors in the proc filesystem. It
// compares devices and inodes: reading the text of the links takes twice as long.
type walker struct {
	proc      int // the proc filesystem, opened
	root      string
	short     *shortage
	sockfs    device
	anonymous device              // of io_urings among others
	nsfs      device              // of namespaces
	wanted    map[uint64]struct{} // inodes
	unmatched bool                // note the sockets that are not wanted
	stat      func(dir int, name *byte) (node, error)
}

type device struct{ major, minor uint32 }

// node is what the walk asks about a file.
type node struct {
	device device
	inode  uint64
}

// newWalker opens a walker that looks for the holders of the wanted sockets. The
// caller closes it.
func newWalker(proc procFS, wanted map[uint64]struct{}) (*walker, error) {
	w, err := openWalker(proc, wanted)
	if err != nil {
		return nil, err
	}
	if err := w.ready(proc.live); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

// openWalker opens a walker for questions about processes; for those about descriptors
// ready has to be called first. The caller closes it.
func openWalker(proc procFS, wanted map[uint64]struct{}) (*walker, error) {
	dir, err := unix.Open(proc.root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return &walker{proc: dir, root: proc.root, short: proc.short, wanted: wanted, stat: fstatat}, nil
}

func (w *walker) close() { unix.Close(w.proc) }

// ready prepares the walker for looking at descriptors.
func (w *walker) ready(live bool) error {
	if !live {
		w.stat = copied
		return nil
	}
	return w.prepare()
}

// prepare finds out the device of all sockets, by one of its own, and which system call
// to use.
func (w *walker) prepare() error {
	sample, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(sample)
	name, err := unix.BytePtrFromString("thread-self/fd/" + strconv.Itoa(sample))
	if err != nil {
		return err
	}
	w.stat = statx
	n, err := w.stat(w.proc, name)
	if err != nil { // Linux before 4.11, or a seccomp filter of that age
		w.stat = fstatat
		n, err = w.stat(w.proc, name)
	}
	if err != nil {
		return err
	}
	w.sockfs = n.device
	return w.findDevices()
}

// findDevices finds the devices of files without a name and of namespaces.
func (w *walker) findDevices() error {
	sample, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return err
	}
	defer unix.Close(sample)
	name, err := unix.BytePtrFromString("thread-self/fd/" + strconv.Itoa(sample))
	if err != nil {
		return err
	}
	n, err := w.stat(w.proc, name)
	if err != nil {
		return err
	}
	w.anonymous = n.device
	if name, err = unix.BytePtrFromString("self/ns/net"); err == nil {
		n, err = w.stat(w.proc, name)
		w.nsfs = n.device
	}
	return err
}

// copied is stat for a copy of a proc filesystem, whose links lead nowhere: it goes by
// their text, "socket:[4711]". The device of such a socket is the zero value.
func copied(dir int, name *byte) (node, error) {
	var target [64]byte
	n, err := unix.Readlinkat(dir, unix.BytePtrToString(name), target[:])
	if err != nil {
		return fstatat(dir, name)
	}
	inode, ok := procfs.ParseLink(string(target[:n]), "socket")
	if !ok {
		return node{}, unix.ENOENT
	}
	return node{inode: inode}, nil
}

// statx asks for what the kernel has at hand (AT_STATX_DONT_SYNC): among the
// descriptors may be a file of a network filesystem whose server is gone.
func statx(dir int, name *byte) (node, error) {
	var st unix.Statx_t
	_, _, errno := unix.Syscall6(unix.SYS_STATX, uintptr(dir), uintptr(unsafe.Pointer(name)),
		unix.AT_STATX_DONT_SYNC|unix.AT_NO_AUTOMOUNT, unix.STATX_INO, uintptr(unsafe.Pointer(&st)), 0)
	if errno != 0 {
		return node{}, errno
	}
	return node{device{st.Dev_major, st.Dev_minor}, st.Ino}, nil
}

func fstatat(dir int, name *byte) (node, error) {
	var st unix.Stat_t
	if err := unix.Fstatat(dir, unix.BytePtrToString(name), &st, 0); err != nil {
		return node{}, err
	}
	return node{device{unix.Major(uint64(st.Dev)), unix.Minor(uint64(st.Dev))}, st.Ino}, nil
}

// pids lists the processes.
func (w *walker) pids() ([]int, error) {
	var pids []int
	err := w.numbers(w.proc, ".", make([]byte, dirBufferLen), func(_ int, number int, _ *byte) {
		pids = append(pids, number)
	})
	return pids, err
}

// walked is what a walk over descriptors found.
type walked struct {
	held []holding
	// unreadable are the processes that may not be looked at.
	unreadable map[int]bool
	// anonymous are descriptors that an io_uring may be behind.
	anonymous []descriptor
	// namespaces are what processes have open, of any type.
	namespaces []openNetns
	// bySocket has a socket in each network namespace that one is in, of a walk by
	// the kernel.
	bySocket map[uint64]descriptor
	// unmatched may be in further ones; of a walk over /proc.
	unmatched unmatched
}

type descriptor struct{ pid, fd int }

// walk looks at every descriptor of the processes for the wanted sockets.
func (w *walker) walk(ctx context.Context, pids []int) walked {
	const most = 2 // more gain little: they wait for each other in the kernel
	workers := max(1, min(most, runtime.GOMAXPROCS(0), len(pids)/32))
	parts := make([]walked, workers)
	var next atomic.Int64
	var working sync.WaitGroup
	for i := range workers {
		working.Go(func() {
			buffer := make([]byte, dirBufferLen)
			part := walked{unreadable: make(map[int]bool), unmatched: unmatched{wanted: w.unmatched}}
			for ctx.Err() == nil {
				n := int(next.Add(1)) - 1
				if n >= len(pids) {
					break
				}
				w.descriptors(strconv.Itoa(pids[n])+"/fd", pids[n], buffer, &part)
			}
			parts[i] = part
		})
	}
	working.Wait()
	whole := parts[0]
	for _, part := range parts[1:] {
		whole.held = append(whole.held, part.held...)
		whole.anonymous = append(whole.anonymous, part.anonymous...)
		whole.namespaces = append(whole.namespaces, part.namespaces...)
		whole.unmatched.list = append(whole.unmatched.list, part.unmatched.list...)
		maps.Copy(whole.unreadable, part.unreadable)
	}
	return whole
}

// descriptors looks at one table of descriptors, and reports whether this user may.
func (w *walker) descriptors(table string, pid int, buffer []byte, seen *walked) bool {
	refused := false
	err := w.numbers(w.proc, table, buffer, func(dir, fd int, name *byte) {
		n, err := w.stat(dir, name)
		switch {
		case errors.Is(err, unix.EACCES):
			refused = true
		case err != nil: // closed since
		case n.device == w.sockfs:
			if _, ok := w.wanted[n.inode]; ok {
				seen.held = append(seen.held, newHolding(n.inode, pid))
			} else {
				seen.unmatched.add(n.inode, descriptor{pid, fd})
			}
		case n.device == w.anonymous:
			seen.anonymous = append(seen.anonymous, descriptor{pid, fd})
		case n.device == w.nsfs:
			seen.namespaces = append(seen.namespaces, openNetns{n.inode, descriptor{pid, fd}})
		}
	})
	w.short.note(err)
	refused = refused || errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM)
	if refused {
		seen.unreadable[pid] = true
	}
	return !refused
}

const dirBufferLen = 32 << 10

// numbers calls see for every entry of a folder whose name is a number, with
// the folder opened and the name as a C string.
func (w *walker) numbers(at int, path string, buffer []byte, see func(dir, number int, name *byte)) error {
	dir, err := unix.Openat(at, path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(dir)
	for {
		n, err := unix.Getdents(dir, buffer)
		if n <= 0 || err != nil {
			return err
		}
		// struct linux_dirent64 (getdents64(2)): inode and offset of 8 bytes,
		// length of 2, type of 1, the name with a NUL.
		const lengthAt, nameAt = 16, 19
		for rest := buffer[:n]; len(rest) > nameAt; {
			length := int(binary.NativeEndian.Uint16(rest[lengthAt:]))
			if length <= nameAt || length > len(rest) {
				return unix.EBADMSG
			}
			if number, ok := decimal(rest[nameAt:length]); ok {
				see(dir, number, &rest[nameAt])
			}
			rest = rest[length:]
		}
	}
}

// decimal reads a number that ends with a NUL.
func decimal(name []byte) (int, bool) {
	n := 0
	for i, c := range name {
		switch {
		case c == 0:
			return n, i > 0
		case c < '0' || c > '9':
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return 0, false
}
