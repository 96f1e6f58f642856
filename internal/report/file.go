package report

import (
	"fmt"
	"os"
	"path/filepath"
)

// file is an output file. A regular file is written without a name, or under a
// temporary one in the same directory, and takes its place when it is complete, so
// that a reader never sees half of it. A device or a pipe, such as /dev/null, is
// written directly and never replaced.
type file struct {
	*os.File
	path string // the final name; "" when written directly
	part string // the temporary name; "" while it has none
}

func create(path string) (*file, error) {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		return &file{File: f}, err
	}
	if f, ok := createUnnamed(filepath.Dir(path)); ok {
		return &file{File: f, path: path}, nil
	}
	return createNamed(path)
}

func createNamed(path string) (*file, error) {
	part := partName(path)
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	return &file{File: f, path: path, part: part}, err
}

func partName(path string) string {
	return filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.part-%d", filepath.Base(path), os.Getpid()))
}

// publish closes a complete file and moves it to its final name.
func (f *file) publish() error {
	if f.path == "" {
		return f.Close()
	}
	err := f.Sync()
	if err == nil && f.part == "" {
		f.part = partName(f.path) // only a named file can replace another
		err = link(f.File, f.part)
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.part, f.path)
	}
	if err != nil {
		f.remove()
	}
	return err
}

// discard closes a file that was not completed, and removes it.
func (f *file) discard() {
	f.Close()
	f.remove()
}

func (f *file) remove() {
	if f.part != "" {
		os.Remove(f.part)
	}
}
