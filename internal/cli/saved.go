package cli

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

// readSaved reads what an earlier run wrote with -o json or -o jsonl.
func readSaved(ctx context.Context, name string) (record.Saved, error) {
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

// savedFile is a file that an earlier run wrote, and whose records are not kept but
// read again. What is no regular file is copied while it is read the first time.
type savedFile struct {
	ctx  context.Context
	name string
	file *userfile.File
	copy *os.File // nil for a regular file
}

func openSaved(ctx context.Context, name string) (*savedFile, error) {
	f, err := userfile.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	return &savedFile{ctx: ctx, name: name, file: f}, nil
}

// first returns what reads the file for the first time.
func (s *savedFile) first() (io.Reader, error) {
	if s.file.Regular() {
		return s.file, nil
	}
	var err error
	if s.copy, err = os.CreateTemp("", "porthole-*"); err != nil {
		return nil, err
	}
	return io.TeeReader(s.file, s.copy), nil
}

// again returns what reads it once more.
func (s *savedFile) again() io.Reader {
	return userfile.Reader(s.ctx, io.NewSectionReader(s.kept(), 0, math.MaxInt64))
}

func (s *savedFile) kept() io.ReaderAt {
	if s.copy != nil {
		return s.copy
	}
	return s.file
}

// at reads the record at a place again.
func (s *savedFile) at(place int64) (record.Record, error) {
	r, err := report.ReadAt(s.kept(), place)
	if err != nil {
		return r, fmt.Errorf("%s: %w", s.name, err)
	}
	return r, nil
}

func (s *savedFile) Close() error {
	err := s.file.Close()
	if s.copy != nil {
		err = errors.Join(err, s.copy.Close(), os.Remove(s.copy.Name()))
	}
	return err
}
