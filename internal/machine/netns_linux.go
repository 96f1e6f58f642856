package machine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"porthole/internal/osthread"
)

// NetNS is the inode of the caller's network namespace; 0 unknown.
func NetNS() uint64 { return netnsAt("/proc/thread-self/ns/net") }

// NetNSOf is the inode of the network namespace that a process lives in; 0 unknown. It
// may hold sockets of others.
func NetNSOf(pid int) uint64 { return netnsAt(fmt.Sprintf("/proc/%d/ns/net", pid)) }

func netnsAt(path string) uint64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0
	}
	return stat.Ino
}

// A NetNSHandle leads into a network namespace.
type NetNSHandle struct {
	path  string
	inode uint64
}

// FindNetNS finds a way into the network namespace of an inode: by processes that
// may live in it, or by its name as ip-netns(8) keeps it.
func FindNetNS(inode uint64, name string, pids []int) (NetNSHandle, error) {
	var paths []string
	for _, pid := range pids {
		paths = append(paths, "/proc/"+strconv.Itoa(pid)+"/ns/net")
	}
	if name != "" && name == filepath.Base(name) {
		paths = append(paths, filepath.Join("/run/netns", name))
	}
	err := errors.New("no process lives in it")
	for _, path := range paths {
		var found uint64
		if found, err = inodeOf(path); err == nil && found == inode {
			return NetNSHandle{path, inode}, nil
		}
		if err == nil {
			err = fmt.Errorf("%s is another one", path)
		}
	}
	return NetNSHandle{}, err
}

func inodeOf(path string) (uint64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, fmt.Errorf("%s has no inode", path)
	}
	return stat.Ino, nil
}

// Do calls f on a thread inside the namespace: see [osthread.Do]. Sockets that f makes
// stay there.
func (h NetNSHandle) Do(f func() error) error {
	return osthread.Do(func() error {
		if err := h.enter(); err != nil {
			return err
		}
		return f()
	})
}

// enter takes the calling thread into the namespace.
func (h NetNSHandle) enter() error {
	fd, err := unix.Open(h.path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil || stat.Ino != h.inode {
		return errors.Join(errors.New("the network namespace is gone"), err) // its process may have ended
	}
	return os.NewSyscallError("setns", unix.Setns(fd, unix.CLONE_NEWNET))
}
