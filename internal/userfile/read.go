package userfile

import (
	"context"
	"io"
	"os"
)

// File is a file that is read. Its reads end with the context of [Open].
type File struct {
	io.Reader
	file *os.File
}

// Open opens a file for reading. It waits for a pipe's other end until ctx ends,
// whose error it returns then.
func Open(ctx context.Context, name string) (*File, error) {
	f, err := await(ctx, 0, func() (*os.File, error) { return os.OpenFile(name, os.O_RDONLY|noTerminal, 0) }, func(f *os.File) { f.Close() })
	if err != nil {
		return nil, err
	}
	return &File{Reader(ctx, f), f}, nil
}

// Regular reports whether the file is a regular one, which can be read again.
func (f *File) Regular() bool {
	info, err := f.file.Stat()
	return err == nil && info.Mode().IsRegular()
}

// Own reports whether the file is a regular one of this user, in which nobody else may
// write. It is false where users cannot be told.
func (f *File) Own() bool {
	info, err := f.file.Stat()
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o022 == 0 && ownedByUser(info)
}

// ReadAt reads at an offset of a regular file. It does not end with the context.
func (f *File) ReadAt(p []byte, off int64) (int, error) { return f.file.ReadAt(p, off) }

// Close closes the file. A read that was left behind is not waited for.
func (f *File) Close() error {
	if r, ok := f.Reader.(*reader); ok && r.left {
		go f.file.Close() // it waits for the read
		return nil
	}
	return f.file.Close()
}

// readSize is the size of a read, in bytes.
const readSize = 64 << 10

// Reader returns a reader of r whose reads return ctx.Err() when ctx ends, whatever
// they wait for. The read of r that it waited for is left behind.
func Reader(ctx context.Context, r io.Reader) io.Reader {
	return &reader{ctx: ctx, from: r}
}

type reader struct {
	ctx  context.Context
	from io.Reader
	buf  []byte // what a read fills
	have []byte // what is left of it
	err  error  // of the read that filled it
	left bool   // a read was left behind, which may still write into buf
}

func (r *reader) Read(p []byte) (n int, err error) {
	switch {
	case len(p) == 0:
		return 0, nil
	case len(r.have) == 0 && r.err == nil:
		r.fill()
	}
	n = copy(p, r.have)
	if r.have = r.have[n:]; len(r.have) == 0 && n == 0 {
		return 0, r.err
	}
	return n, nil
}

// fill reads once.
func (r *reader) fill() {
	if r.buf == nil {
		r.buf = make([]byte, readSize)
	}
	var n int
	n, r.err = await(r.ctx, 0, func() (int, error) {
		n, err := r.from.Read(r.buf)
		if n > 0 { // the next read has the error again
			err = nil
		}
		return n, err
	}, func(int) {})
	r.left = r.err != nil && r.err == r.ctx.Err()
	r.have = r.buf[:n]
}
