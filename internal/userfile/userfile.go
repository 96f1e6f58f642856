// Package userfile opens the files that the user names, for a program that may run
// as root among users who are not trusted.
//
// [Open] and [Reader] read: what waits for the other end of a pipe ends with a
// context. [Create] writes a file that takes its place when it is complete.
// [CreateNew] and [OpenRegular] are for a file that is kept open, such as a
// checkpoint.
//
// In a folder with the sticky bit in which others may write, such as /tmp, nothing
// is followed, opened or replaced that belongs neither to this user nor to the
// folder's owner. That is the rule of Linux's protected_symlinks, protected_fifos
// and protected_regular (sysctl fs), which a machine may have switched off, and
// which do not know of a file that is replaced.
package userfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// The reasons why a file is not opened.
var (
	// ErrPlanted is a file, link or pipe that somebody else put into a folder that
	// is open to all.
	ErrPlanted = errors.New("it belongs to another user, in a folder where everyone may put files; remove it or choose another folder")
	// ErrNotRegular is a pipe, a device or a folder where a file is wanted.
	ErrNotRegular = errors.New("it is not a regular file")
)

// finishTime is how long an operation that completes a file may take after its context
// ended.
const finishTime = 500 * time.Millisecond

// await runs do, and does not wait for it any more if ctx ends and do takes longer than
// grace after that: then late gets what it returns, to undo it.
func await[T any](ctx context.Context, grace time.Duration, do func() (T, error), late func(T)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		value, err := do()
		done <- outcome{value, err}
	}()
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
	}
	if grace > 0 {
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case o := <-done:
			return o.value, o.err
		case <-timer.C:
		}
	}
	go func() {
		if o := <-done; o.err == nil {
			late(o.value)
		}
	}()
	var none T
	return none, ctx.Err()
}

// failed is an error about a file, under the name that the user gave it.
func failed(op, name string, err error) error {
	return &os.PathError{Op: op, Path: name, Err: bare(err)}
}

// bare is an error without the name of the file, which may be another than the
// user gave.
func bare(err error) error {
	if inner, ok := err.(*os.PathError); ok {
		return inner.Err
	}
	return err
}

// notKept is the error of a file that would lose something of what it has.
func notKept(name, what string, err error) error {
	return failed("write", name, fmt.Errorf("it would lose %s (%w); remove it first, or give another file", what, bare(err)))
}

// setMode changes the mode of a file if it has another.
func setMode(f *os.File, mode fs.FileMode) error {
	const bits = fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky
	info, err := f.Stat()
	if err != nil || info.Mode()&bits == mode&bits {
		return err
	}
	return f.Chmod(mode & bits)
}
