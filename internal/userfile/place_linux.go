package userfile

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// pathOnly holds a folder that may not be read.
const pathOnly = unix.O_PATH

// onProc reports whether the folder is one of /proc, whose links need no path.
func (p *place) onProc() bool {
	var system unix.Statfs_t
	return unix.Fstatfs(p.fd(), &system) == nil && system.Type == unix.PROC_SUPER_MAGIC
}

// createUnnamed creates a file without a name in the folder (O_TMPFILE, open(2)):
// however the program ends, nothing is left behind. It returns nil where that
// cannot be done.
func (p *place) createUnnamed(perm fs.FileMode) *os.File {
	fd, err := openat(p.fd(), ".", unix.O_WRONLY|unix.O_TMPFILE, uint32(perm))
	if err != nil {
		return nil
	}
	if unix.Access(descriptor(fd), unix.F_OK) != nil { // without /proc, link could not find it
		unix.Close(fd)
		return nil
	}
	return os.NewFile(uintptr(fd), p.name)
}

func descriptor(fd int) string { return fmt.Sprintf("/proc/self/fd/%d", fd) }

// link gives an unnamed file its name. A file of that name was left behind by a
// killed process with the same PID, and is replaced.
func (p *place) link(f *os.File, base string) error {
	try := func() error {
		return unix.Linkat(unix.AT_FDCWD, descriptor(int(f.Fd())), p.fd(), base, unix.AT_SYMLINK_FOLLOW)
	}
	err := try()
	if errors.Is(err, fs.ErrExist) {
		p.remove(base)
		err = try()
	}
	return err
}

// keepAttributes gives f the extended attributes of old. Its access control list
// is one of them (acl(5)).
func keepAttributes(name string, old, f *os.File) error {
	list, err := attributes(old)
	if err != nil {
		return notKept(name, "its extended attributes", err)
	}
	for _, attribute := range list {
		value, err := attributeOf(old, attribute)
		if err == nil {
			if has, herr := attributeOf(f, attribute); herr == nil && bytes.Equal(has, value) {
				continue
			}
			err = unix.Fsetxattr(int(f.Fd()), attribute, value, 0)
		}
		if err != nil {
			what := "its extended attribute " + attribute
			if strings.HasPrefix(attribute, "system.posix_acl_") {
				what = "its access control list"
			}
			return notKept(name, what, err)
		}
	}
	return nil
}

// maxAttribute is the size that Linux allows for the names of all attributes, and for
// the value of one, in bytes (limits.h: XATTR_LIST_MAX, XATTR_SIZE_MAX).
const maxAttribute = 64 << 10

func attributes(f *os.File) ([]string, error) {
	buf := make([]byte, maxAttribute)
	n, err := unix.Flistxattr(int(f.Fd()), buf)
	if errors.Is(err, unix.ENOTSUP) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return strings.FieldsFunc(string(buf[:n]), func(c rune) bool { return c == 0 }), nil
}

func attributeOf(f *os.File, attribute string) ([]byte, error) {
	buf := make([]byte, maxAttribute)
	n, err := unix.Fgetxattr(int(f.Fd()), attribute, buf)
	if err != nil {
		return nil, err
	}
	return buf[:n], nil
}
