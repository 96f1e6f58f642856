package sockets

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"
)

// Handle refers to one process, so that a signal reaches that process and never
// another one that was given the same PID later. On Linux it is a pidfd (pidfd_open(2)
// and pidfd_send_signal(2), which package os uses from 5.4 on), on Windows a handle.
// Elsewhere there is only the PID, and the start time is compared right before each
// signal.
type Handle struct {
	of      Process
	process *os.Process
}

// ErrPIDReused says that a process has ended and another one has its PID by now.
var ErrPIDReused = errors.New("another process has its PID by now")

// Hold finds the running process that p describes, by its PID and its start time. The
// error is [os.ErrProcessDone] if it has ended, [ErrPIDReused] if another one has its
// PID, and [os.ErrPermission] if this user may not signal it. Without Started there is
// an error, too, since nothing else tells who has the PID. The caller closes the handle.
func (p Process) Hold(ctx context.Context) (*Handle, error) {
	if p.Started.IsZero() {
		return nil, fmt.Errorf("sockets: process %d: when it was started is not known", p.PID)
	}
	process, err := os.FindProcess(p.PID)
	if err != nil {
		return nil, fmt.Errorf("sockets: process %d: %w", p.PID, err)
	}
	h := &Handle{p, process}
	// Only now that the handle is bound to a process does the start time say which.
	if err = h.check(ctx); err == nil && runtime.GOOS != "windows" { // which has no signal 0
		err = process.Signal(syscall.Signal(0))
	}
	if err != nil {
		process.Release()
		return nil, fmt.Errorf("sockets: process %d: %w", p.PID, err)
	}
	return h, nil
}

// check reports whether the process runs and is the one that was meant.
func (h *Handle) check(ctx context.Context) error {
	now, err := describeNow(ctx, h.of.PID)
	switch {
	case err != nil:
		return err
	case now.Started.IsZero():
		return errors.New("when it was started may not be read")
	case !sameStart(h.of.Started, now.Started):
		return ErrPIDReused
	case runtime.GOOS == "linux" && now.Exe == "" && len(now.Cmdline) == 0:
		return os.ErrProcessDone // a zombie: its parent has not waited for it yet
	}
	return nil
}

// describeNow reads one process.
func describeNow(ctx context.Context, pid int) (Process, error) {
	src, err := new(Lister).openSource()
	if err != nil {
		return Process{}, err
	}
	defer src.close()
	known, err := src.describe(ctx, []int{pid})
	if err != nil {
		return Process{}, err
	}
	p, ok := known[pid]
	if !ok {
		return Process{}, os.ErrProcessDone
	}
	return p, nil
}

// sameStart allows for a clock that was set between two readings: a start is computed
// from the time since boot.
func sameStart(a, b time.Time) bool {
	const slack = 2 * time.Second
	return a.Sub(b).Abs() < slack
}

// Signal sends a signal; Windows has none but [os.Kill]. The errors are those
// of [Process.Hold].
func (h *Handle) Signal(ctx context.Context, sig os.Signal) error {
	if err := h.check(ctx); err != nil {
		return fmt.Errorf("sockets: process %d: %w", h.of.PID, err)
	}
	return h.process.Signal(sig)
}

// Ended reports whether the process has ended.
func (h *Handle) Ended(ctx context.Context) bool {
	err := h.check(ctx)
	return errors.Is(err, os.ErrProcessDone) || errors.Is(err, ErrPIDReused)
}

// Close releases the handle. The process goes on.
func (h *Handle) Close() error { return h.process.Release() }
