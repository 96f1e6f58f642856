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

	"porthole/internal/record"
	"porthole/internal/report"
	"porthole/internal/userfile"
)

// Rows reads what an earlier run wrote with -o json or -o jsonl, and calls each with
// every record. It keeps none.
func Rows(ctx context.Context, name string, each func(*record.Record) error) (report.Source, error) {
	f, err := Open(ctx, name)
	if err != nil {
		return report.Source{}, err
	}
	defer f.Close()
	return readSource(f.name, f.file, func(r *record.Record, _ int64) error { return each(r) })
}

func readSource(name string, text io.Reader, each func(r *record.Record, at int64) error) (report.Source, error) {
	source, err := report.ReadSource(text, each)
	if err != nil {
		err = fmt.Errorf("%s: %w", name, err)
	}
	return source, err
}

// File is a file that an earlier run wrote, and whose records are not kept but
// read again. What is no regular file is copied while it is read the first time.
type File struct {
	ctx  context.Context
	name string
	file *userfile.File
	copy *userfile.TempFile // nil for a regular file
	past *report.Places     // what reads records again
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
	if f.copy, err = userfile.Temp(); err != nil {
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

// rows reads the file for the first time, and calls each with every record.
func (f *File) rows(each func(r *record.Record, at int64) error) (report.Source, error) {
	text, err := f.First()
	if err != nil {
		return report.Source{}, err
	}
	return readSource(f.name, text, each)
}

// At reads the record at a place again.
func (f *File) At(place int64) (record.Record, error) {
	if f.past == nil {
		f.past = report.NewPlaces(f.kept())
	}
	r, err := f.past.At(place)
	if err != nil {
		return r, fmt.Errorf("%s: %w", f.name, err)
	}
	return r, nil
}

// Close closes the file, and removes its copy.
func (f *File) Close() error {
	err := f.file.Close()
	if f.copy != nil {
		err = errors.Join(err, f.copy.Close())
	}
	return err
}
