package cli

import (
	"context"
	"errors"
	"fmt"
	"syscall"
)

// The exit codes, decided by exitCode alone.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitIncomplete  = 3
	exitFindings    = 4
	exitHungUp      = 129 // 128 + SIGHUP, as a shell says it
	exitInterrupted = 130 // 128 + SIGINT
	exitTerminated  = 143 // 128 + SIGTERM
)

// exitMeaning is what an exit code means.
type exitMeaning struct {
	code    int
	meaning string
}

func exitMeanings() []exitMeaning {
	return []exitMeaning{
		{exitDone, "done"},
		{exitFailed, "failed"},
		{exitUsage, "usage"},
		{exitIncomplete, "incomplete"},
		{exitFindings, "findings"},
		{exitHungUp, "SIGHUP"},
		{exitInterrupted, "SIGINT"},
		{exitTerminated, "SIGTERM"},
	}
}

// errIncomplete ends a command whose result is incomplete. What is missing has
// been printed already.
var errIncomplete = errors.New("incomplete")

// errFindings ends a command that looks for changes or findings, and has some.
var errFindings = errors.New("findings")

// verdict is what a command ends with that found something or not, in data that is
// complete or not.
func verdict(found, complete bool) error {
	switch {
	case found:
		return errFindings
	case !complete:
		return errIncomplete
	default:
		return nil
	}
}

// writeError is what a command ends with that could not write its output. If only its
// reader has left, its verdict stands.
func writeError(err, verdict error) error {
	if verdict != nil && readerGone(err) {
		return verdict
	}
	return err
}

// usageError is a mistake in what the user typed.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// usage marks err as a mistake in what the user typed; nil stays nil.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return usageError{err}
}

// exitCode returns the exit code of the program, and whether err has still to be
// printed.
func exitCode(err error) (code int, unprinted bool) {
	var mistake usageError
	var by interruption
	switch {
	case err == nil:
		return exitDone, false
	case readerGone(err):
		return exitDone, false // the reader has what it wanted
	case errors.As(err, &by) && by.signal == syscall.SIGTERM:
		return exitTerminated, false
	case errors.As(err, &by) && by.signal == syscall.SIGHUP:
		return exitHungUp, false
	case errors.Is(err, context.Canceled):
		return exitInterrupted, false
	case errors.Is(err, errIncomplete):
		return exitIncomplete, false
	case errors.Is(err, errFindings):
		return exitFindings, false
	case errors.As(err, &mistake):
		return exitUsage, true
	default:
		return exitFailed, true
	}
}
