package report

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// createUnnamed creates a file without a name in a directory (O_TMPFILE, open(2)):
// however the program ends, nothing is left behind. Not every file system supports
// that.
func createUnnamed(dir string) (*os.File, bool) {
	f, err := os.OpenFile(dir, os.O_WRONLY|unix.O_TMPFILE, 0o666)
	if err != nil {
		return nil, false
	}
	if _, err := os.Stat(descriptor(f)); err != nil { // without /proc, link could not find it
		f.Close()
		return nil, false
	}
	return f, true
}

func descriptor(f *os.File) string { return fmt.Sprintf("/proc/self/fd/%d", f.Fd()) }

// link gives an unnamed file its name. A file of that name was left behind by a
// killed process with the same PID, and is replaced.
func link(f *os.File, name string) error {
	try := func() error {
		return unix.Linkat(unix.AT_FDCWD, descriptor(f), unix.AT_FDCWD, name, unix.AT_SYMLINK_FOLLOW)
	}
	err := try()
	if errors.Is(err, os.ErrExist) {
		os.Remove(name)
		err = try()
	}
	if err != nil {
		return &os.PathError{Op: "link", Path: name, Err: err}
	}
	return nil
}
