package sockets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// tool runs a program of the system. complaint is the first line of what it wrote
// to standard error, "" if nothing; err is how it ended.
type tool func(ctx context.Context, args ...string) (out []byte, complaint string, err error)

// findTool finds a program where the system has it, whatever PATH says, else by
// PATH, and runs it in the C locale. The error of a missing one wraps
// [exec.ErrNotFound].
func findTool(name string, places ...string) tool {
	return func(ctx context.Context, args ...string) ([]byte, string, error) {
		path, err := lookTool(name, places)
		if err != nil {
			return nil, "", err
		}
		var out, complaints bytes.Buffer
		cmd := exec.CommandContext(ctx, path, args...)
		cmd.Env = append(os.Environ(), "LC_ALL=C")
		cmd.Stdout, cmd.Stderr = &out, &complaints
		err = cmd.Run()
		complaint, _, _ := strings.Cut(strings.TrimSpace(complaints.String()), "\n")
		return out.Bytes(), complaint, err
	}
}

// lookTool is the first of the places that has a file, else what PATH has.
func lookTool(name string, places []string) (string, error) {
	for _, path := range places {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
	}
	return exec.LookPath(name)
}

// isExit reports whether a program ended by itself, with that code.
func isExit(err error, code int) bool {
	exit, ok := errors.AsType[*exec.ExitError](err)
	return ok && exit.ExitCode() == code
}

// toolError says why a program gave no table.
func toolError(name, complaint string, err error) error {
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return fmt.Errorf("%w; install %s", err, name)
	case complaint != "":
		return fmt.Errorf("%s: %w: %s", name, err, complaint)
	default:
		return fmt.Errorf("%s: %w", name, err)
	}
}
