package sockets

import (
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"
)

// What another process points to (a descriptor, a mount in its reach, a folder
// that it may rename) can be replaced by anything between a check and an open.
// Opening a FIFO blocks, opening a device may act on it, and a file may be one that
// its owner could not open. So the object is taken without being opened (O_PATH,
// open(2)), checked, and then that very object is opened through /proc/self/fd.
// docs/design.md has the list of what is opened in this way.

// openNamespace opens a file of a namespace (namespaces(7)). The error is
// unix.EINVAL for anything else.
func openNamespace(path string) (fd int, err error) {
	return openOn(path, unix.NSFS_MAGIC, unix.O_RDONLY)
}

// openOn opens what is at a path if it is on the kind of filesystem with that magic
// number (statfs(2)).
func openOn(path string, magic int64, flags int) (fd int, err error) {
	taken, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	defer unix.Close(taken)
	if err := isOn(taken, magic); err != nil {
		return -1, fmt.Errorf("%s: %w", path, err)
	}
	const careful = unix.O_NONBLOCK | unix.O_NOCTTY | unix.O_CLOEXEC
	return unix.Open("/proc/self/fd/"+strconv.Itoa(taken), flags|careful, 0)
}

func isOn(fd int, magic int64) error {
	var on unix.Statfs_t
	if err := unix.Fstatfs(fd, &on); err != nil {
		return err
	}
	if int64(on.Type) != magic {
		return fmt.Errorf("on a filesystem of type %#x, want %#x: %w", on.Type, magic, unix.EINVAL)
	}
	return nil
}
