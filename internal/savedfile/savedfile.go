// Package savedfile reads the files that earlier runs wrote, and compares two of
// them.
//
// Large files are not kept in memory: what is needed of them is read again.
package savedfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"porthole/internal/record"
	"porthole/internal/report"
	"porthole/internal/textfile"
	"porthole/internal/userfile"
)

// maxKept is the size of a file at most whose records are kept in memory, in bytes.
const maxKept = 256 << 20

// Read reads what an earlier run wrote with -o json or -o jsonl, with all its
// records. It fails for more than 256 MiB.
func Read(ctx context.Context, name string) (record.Saved, error) {
	f, err := userfile.Open(ctx, name)
	if err != nil {
		return record.Saved{}, err
	}
	defer f.Close()
	saved, err := report.ReadSaved(textfile.Limit(f, maxKept))
	if err != nil {
		return saved, fmt.Errorf("%s: %w", name, err)
	}
	return saved, nil
}

// File is a file that an earlier run wrote, and whose records are not kept but
// read again. What is no regular file is copied while it is read the first time.
type File struct {
	ctx  context.Context
	name string
	file *userfile.File
	copy *os.File // nil for a regular file
}

// Open opens a file. To open a pipe may take until ctx ends.
func Open(ctx context.Context, name string) (*File, error) {
	f, err := userfile.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	return &File{ctx: ctx, name: name, file: f}, nil
}

// Own reports whether the file is the user's alone, see [userfile.File.Own].
func (f *File) Own() bool { return f.file.Own() }

// Regular reports whether it is a regular file, which can be opened again.
func (f *File) Regular() bool { return f.file.Regular() }

// First returns what reads the file for the first time.
func (f *File) First() (io.Reader, error) {
	if f.file.Regular() {
		return f.file, nil
	}
	var err error
	if f.copy, err = os.CreateTemp("", "porthole-*"); err != nil {
		return nil, err
	}
	return io.TeeReader(f.file, f.copy), nil
}

// Again returns what reads it once more.
func (f *File) Again() io.Reader {
	return userfile.Reader(f.ctx, io.NewSectionReader(f.kept(), 0, math.MaxInt64))
}

func (f *File) kept() io.ReaderAt {
	if f.copy != nil {
		return f.copy
	}
	return f.file
}

// At reads the record at a place again.
func (f *File) At(place int64) (record.Record, error) {
	r, err := report.ReadAt(f.kept(), place)
	if err != nil {
		return r, fmt.Errorf("%s: %w", f.name, err)
	}
	return r, nil
}

// Close closes the file, and removes its copy.
func (f *File) Close() error {
	err := f.file.Close()
	if f.copy != nil {
		err = errors.Join(err, f.copy.Close(), os.Remove(f.copy.Name()))
	}
	return err
}
