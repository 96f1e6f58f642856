package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

// interruption is the cause of a context that a signal ended.
type interruption struct{ signal syscall.Signal }

func (i interruption) Error() string { return i.signal.String() }

// Is makes an interruption a kind of [context.Canceled].
func (i interruption) Is(target error) bool { return target == context.Canceled }

// sameSignal is for how long a second signal counts as the first: timeout(1) sends its
// own to the program and to the program's process group.
const sameSignal = 100 * time.Millisecond

// notify returns a context that ends with the first SIGINT, SIGTERM or SIGHUP, with an
// interruption as its cause. A second signal ends the program, but not SIGHUP: where a
// terminal goes, the kernel and the shell both send it. Under nohup it stays ignored.
// The program hears signals until it ends.
func notify() context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() {
		s := <-signals
		signal.Ignore(syscall.SIGHUP)
		number, _ := s.(syscall.Signal)
		cancel(interruption{number})
		<-time.After(sameSignal)
		signal.Stop(signals)
	}()
	return ctx
}

// grace is how long a command may take to end after a signal, unless it has
// results to keep.
const grace = 500 * time.Millisecond

// finish runs a command to its end. After a signal it returns even if the command is
// still blocked, by a file, a pipe, a name server, a container runtime or a disk.
// While keeping is set there are results to be written, and it waits for them: writes
// end by themselves.
func finish(ctx context.Context, keeping *atomic.Bool, run func() error) error {
	done := make(chan error, 1)
	go func() { done <- run() }()
	err, ended := waitFor(ctx, keeping, done)
	if ended && !errors.Is(err, context.Canceled) {
		return err
	}
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// waitFor returns what done has, and false if it did not wait for that.
func waitFor(ctx context.Context, keeping *atomic.Bool, done <-chan error) (err error, ended bool) {
	select {
	case err := <-done:
		return err, true
	case <-ctx.Done():
	}
	again := time.NewTicker(grace)
	defer again.Stop()
	for {
		select {
		case err := <-done:
			return err, true
		case <-again.C:
			if !keeping.Load() {
				return nil, false
			}
		}
	}
}
