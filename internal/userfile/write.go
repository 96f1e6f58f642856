package userfile

import (
	"context"
	"io"
	"io/fs"
	"os"
)

// Output is a file that is written. A regular file is written without a name, or
// under a temporary one in the same folder, and takes its place by [Output.Publish]
// when it is complete, so that a reader never sees half of it. A device or a pipe,
// such as /dev/null, is written directly and never replaced.
//
// Whatever a write or the end of it waits for, such as the reader of a pipe or a
// disk: it gives up half a second after the context of [Create] ended.
type Output struct {
	io.Writer
	ctx    context.Context
	file   *os.File
	name   string // as the user gave it
	at     *place // nil when it is written directly
	part   string // the temporary name; "" while it has none
	exists bool   // it takes the place of another
}

// Create begins to write a file. A new one has the mode perm, less the umask; one
// that takes the place of another has the other's mode, owner and extended
// attributes, among which Linux has the access control list. If it cannot, or if
// the other has further names, that is an error.
//
// Opening a pipe waits for its reader until ctx ends, whose error it returns then.
func Create(ctx context.Context, name string, perm fs.FileMode) (*Output, error) {
	at, err := find(name)
	if err != nil {
		return nil, failed("create", name, err)
	}
	if at.direct() {
		f, err := await(ctx, 0, func() (*os.File, error) {
			defer at.close()
			return at.openDirect()
		}, func(f *os.File) { f.Close() })
		if err != nil {
			if ctx.Err() == nil {
				err = failed("open", name, err)
			}
			return nil, err
		}
		return &Output{Writer: Writer(ctx, f), ctx: ctx, file: f, name: name}, nil
	}
	o := &Output{ctx: ctx, name: name, at: at, exists: at.exists()}
	if err := o.create(perm); err != nil {
		at.close()
		return nil, failed("create", name, err)
	}
	o.Writer = Writer(ctx, o.file)
	if o.exists {
		if err := at.keep(o.file); err != nil {
			o.Discard()
			return nil, err
		}
	}
	return o, nil
}

func (o *Output) create(perm fs.FileMode) (err error) {
	if o.exists {
		perm = 0o600 // until it has the owner and mode of the other
	}
	if o.file = o.at.createUnnamed(perm); o.file != nil {
		return nil
	}
	o.part = o.at.partName()
	o.file, err = o.at.createNamed(o.part, perm)
	return err
}

// Same reports whether two outputs would take the same place.
func (o *Output) Same(other *Output) bool {
	return o.at != nil && other.at != nil && o.at.same(other.at)
}

// Foreign reports whether the folder in which the file takes its place, or the file
// whose place it takes, belongs to another user: root needs capabilities for that.
func (o *Output) Foreign() bool { return o.at != nil && o.at.foreign() }

// Publish closes a complete file and moves it to its place.
func (o *Output) Publish() error {
	if o.at == nil {
		return o.close()
	}
	defer o.at.close()
	// The text is complete once it is written; to wait until it is safe from a crash
	// can be given up.
	_, err := await(o.ctx, finishTime, func() (struct{}, error) { return struct{}{}, o.file.Sync() }, func(struct{}) {})
	if o.ctx.Err() != nil && err == o.ctx.Err() {
		err = nil
	}
	if err == nil && o.part == "" {
		part := o.at.partName() // only a named file can replace another
		if err = o.at.link(o.file, part); err == nil {
			o.part = part
		}
	}
	if cerr := o.close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = o.at.rename(o.part)
	}
	if err != nil {
		o.remove()
		return failed("write", o.name, err)
	}
	return nil
}

// Discard closes a file that was not completed, and removes it.
func (o *Output) Discard() {
	o.close()
	if o.at != nil {
		o.remove()
		o.at.close()
	}
}

// close closes the file. It does not wait for a write that was left behind.
func (o *Output) close() error {
	_, err := await(o.ctx, finishTime, func() (struct{}, error) { return struct{}{}, o.file.Close() }, func(struct{}) {})
	return err
}

func (o *Output) remove() {
	if o.part != "" {
		o.at.remove(o.part)
	}
}

// Writer returns a writer to w that gives up half a second after ctx ended,
// whatever a write waits for, and returns ctx.Err().
func Writer(ctx context.Context, w io.Writer) io.Writer { return &writer{ctx, w} }

type writer struct {
	ctx context.Context
	to  io.Writer
}

func (w *writer) Write(p []byte) (int, error) {
	return await(w.ctx, finishTime, func() (int, error) { return w.to.Write(p) }, func(int) {})
}

// CreateNew creates a file of mode perm, less the umask. The error is fs.ErrExist
// if there is one. The name survives a crash of the machine.
func CreateNew(name string, perm fs.FileMode) (*os.File, error) {
	at, err := find(name)
	if err != nil {
		return nil, failed("create", name, err)
	}
	defer at.close()
	if at.exists() {
		return nil, failed("create", name, fs.ErrExist)
	}
	f, err := at.createNamed(at.base, perm)
	if err == nil {
		if err = at.sync(); err != nil {
			f.Close()
			at.remove(at.base)
		}
	}
	if err != nil {
		return nil, failed("create", name, err)
	}
	return f, nil
}

// OpenRegular opens a regular file with flag, which is os.O_RDONLY or os.O_RDWR. It
// never waits. The error is fs.ErrNotExist if there is none, and [ErrNotRegular] if
// it is of another kind.
func OpenRegular(name string, flag int) (*os.File, error) {
	at, err := find(name)
	if err != nil {
		return nil, failed("open", name, err)
	}
	defer at.close()
	f, err := at.openRegular(flag)
	if err != nil {
		return nil, failed("open", name, err)
	}
	return f, nil
}
