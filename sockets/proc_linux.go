package sockets

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"porthole/sockets/internal/procfs"
)

// procFS is a proc filesystem (proc(5)).
type procFS struct {
	root string
	live bool // it is that of the running kernel, which can be asked directly; else a copy

	short *shortage // nil: not wanted
}

// errNoProc says that there is no proc filesystem where one should be, or one of
// another PID namespace.
var errNoProc = errors.New("/proc does not show this process")

// check reports whether the proc filesystem is one, and shows this process.
func (p procFS) check() error {
	if !p.live {
		return nil
	}
	root, err := unix.Open(p.root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if isShortage(err) {
		return err
	}
	if err == nil {
		defer unix.Close(root)
		if err = isOn(root, unix.PROC_SUPER_MAGIC); err == nil {
			var st unix.Stat_t
			err = unix.Fstatat(root, "self/fd", &st, 0)
		}
	}
	if err != nil {
		return errNoProc
	}
	return nil
}

// self is the network namespace of the calling thread.
func (p procFS) self() netns {
	thread := "self"
	if p.live {
		thread += "/task/" + strconv.Itoa(unix.Gettid())
	}
	handle := filepath.Join(p.root, thread, "ns/net")
	return netns{inode: inodeOf(handle), handle: handle, thread: thread}
}

// ownTables is the folder of the socket tables of the calling thread's namespace.
func (p procFS) ownTables() string {
	if p.live {
		return filepath.Join(p.root, "thread-self/net")
	}
	return filepath.Join(p.root, "net")
}

// mountTable reads the mounts once: the kernel takes long to write them.
type mountTable struct {
	procFS
	once sync.Once
	all  procfs.Mounts
	err  error
}

func (m *mountTable) read() (procfs.Mounts, error) {
	m.once.Do(func() {
		var text string
		text, m.err = readWhole(filepath.Join(m.root, "self/mountinfo"))
		m.all = procfs.ParseMounts(text)
	})
	return m.all, m.err
}

// inBackground runs f on another goroutine. finish waits for it.
func inBackground(f func()) (finish func()) {
	var working sync.WaitGroup
	working.Go(f)
	return working.Wait
}

// inodeOf is 0 for what cannot be read.
func inodeOf(path string) uint64 {
	var st unix.Stat_t
	if unix.Stat(path, &st) != nil {
		return 0
	}
	return st.Ino
}

// ended reports whether err says that a process is gone, not that it may not be read.
func ended(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH)
}

// readSmall reads a file of /proc that is shorter than a page.
func readSmall(path string) (string, error) { return readSmallAt(unix.AT_FDCWD, path) }

// readSmallAt reads such a file in the folder dir, with one read: the kernel
// writes it anew for each. os.ReadFile would need twice the system calls, and
// this is called several times for each process.
func readSmallAt(dir int, path string) (string, error) {
	var page [4096]byte
	n, err := readAt(dir, path, page[:])
	return string(page[:n]), err
}

// readWhole reads a file of /proc of any length, by as few system calls as that
// takes: os.ReadFile asks for its size and offers it to epoll.
func readWhole(path string) (string, error) { return readUpTo(path, mostOfFile) }

// mostOfFile is more than any file that is read as a whole can have: it is enough for a
// million mounts.
const mostOfFile = 256 << 20

// readUpTo is readWhole for a file whose length another process chooses. What is beyond
// most bytes is left out.
func readUpTo(path string, most int) (string, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", &fs.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	var whole strings.Builder
	var page [4096]byte
	for {
		n, err := unix.Read(fd, page[:])
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return "", &fs.PathError{Op: "read", Path: path, Err: err}
		case n == 0:
			return whole.String(), nil
		}
		whole.Write(page[:n])
		if whole.Len() >= most {
			return whole.String()[:most], nil
		}
	}
}

// readAt reads as much of a file as the buffer holds.
func readAt(dir int, path string, buffer []byte) (int, error) {
	fd, err := unix.Openat(dir, path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	n, err := unix.Read(fd, buffer)
	if err != nil {
		return 0, &fs.PathError{Op: "read", Path: path, Err: err}
	}
	return n, nil
}

// mostArguments is how much of a command line is read. The kernel lets a program
// start with 6 MB of arguments and environment at most (execve(2)), but the program
// may say afterwards that they are elsewhere (PR_SET_MM, prctl(2)).
const mostArguments = 2 << 20

// readArguments reads a command line, cut at mostArguments; nil for none.
func readArguments(dir int, path string) ([]string, error) {
	var page [4096]byte
	buffer := page[:]
	n, err := readAt(dir, path, buffer)
	for err == nil && n == len(buffer) && n < mostArguments {
		buffer = make([]byte, 8*len(buffer))
		n, err = readAt(dir, path, buffer)
	}
	if err != nil || n == 0 {
		return nil, err
	}
	return strings.Split(strings.TrimSuffix(string(buffer[:n]), "\x00"), "\x00"), nil
}

// readLinkAt is "" for what cannot be read. The kernel gives no paths that are longer
// than the buffer (d_path of fs/d_path.c).
func readLinkAt(dir int, path string) string {
	var target [4096]byte
	n, err := unix.Readlinkat(dir, path, target[:])
	if err != nil {
		return ""
	}
	return string(target[:n])
}
