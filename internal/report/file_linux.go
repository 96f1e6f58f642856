package report

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// createNameless creates a file in a folder that has no name there (O_TMPFILE,
// open(2)): whatever ends the program, nothing is left behind. Not every
// filesystem has such files.
func createNameless(folder string) (*os.File, bool) {
	f, err := os.OpenFile(folder, os.O_WRONLY|unix.O_TMPFILE, 0o666)
	if err != nil {
		return nil, false
	}
	if _, err := os.Stat(descriptor(f)); err != nil { // link would not find it
		f.Close()
		return nil, false
	}
	return f, true
}

func descriptor(f *os.File) string { return fmt.Sprintf("/proc/self/fd/%d", f.Fd()) }

// link gives a nameless file its name. What is there under that name was left by
// a program of the same number that was killed.
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
