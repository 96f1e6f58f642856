package report

import (
	"fmt"
	"os"
	"path/filepath"
)

// file is a target on disk. A regular file is written beside its place and
// renamed when whole, so that a reader never sees half of it; a device or a
// pipe, such as /dev/null, is written directly and never replaced.
type file struct {
	*os.File
	path string // where it belongs; "" when written directly
}

func create(path string) (*file, error) {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		return &file{File: f}, err
	}
	part := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.part-%d", filepath.Base(path), os.Getpid()))
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	return &file{File: f, path: path}, err
}

// publish closes a file that was written whole and puts it in its place.
func (f *file) publish() error {
	if f.path == "" {
		return f.Close()
	}
	err := f.Sync()
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), f.path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// discard drops a file that cannot be made whole.
func (f *file) discard() {
	f.Close()
	if f.path != "" {
		os.Remove(f.Name())
	}
}
