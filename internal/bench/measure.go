//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// usage is what one run of a program took.
type usage struct {
	Wall  time.Duration
	CPU   time.Duration // user and system
	RSS   int64         // peak resident memory, bytes
	Code  int           // exit code
	Ended bool          // false when it had to be ended at the limit
}

// measure runs a program through a small process in between, because Linux
// starts the peak memory of a child at its parent's. command wraps the program
// so that it runs in a namespace.
func measure(limit time.Duration, command func(name string, arg ...string) *exec.Cmd, argv ...string) (usage, []byte, error) {
	self, err := os.Executable()
	if err != nil {
		return usage{}, nil, err
	}
	// A file takes the output while the program runs: who read a pipe would
	// share the processors with it.
	out, err := os.CreateTemp("", "porthole-bench")
	if err != nil {
		return usage{}, nil, err
	}
	defer os.Remove(out.Name())
	defer out.Close()
	cmd := command(self, append([]string{"measure", limit.String()}, argv...)...)
	var diag bytes.Buffer
	cmd.Stdout, cmd.Stderr = out, &diag
	if err := cmd.Run(); err != nil {
		return usage{}, nil, fmt.Errorf("%s: %w\n%s", argv[0], err, &diag)
	}
	line := bytes.TrimSpace(diag.Bytes())
	line = line[bytes.LastIndexByte(line, '\n')+1:]
	var u usage
	if err := json.Unmarshal(line, &u); err != nil {
		return usage{}, nil, fmt.Errorf("%s: %w\n%s", argv[0], err, &diag)
	}
	text, err := os.ReadFile(out.Name())
	return u, text, err
}

// measureHere runs a program, at most for the limit, and prints its usage as
// the last line of standard error.
func measureHere(args []string) error {
	limit, err := time.ParseDuration(args[0])
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, args[1], args[2:]...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	start := time.Now()
	err = cmd.Run()
	u := usage{Wall: time.Since(start), Ended: ctx.Err() == nil}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && ctx.Err() == nil {
		return err
	}
	u.Code = cmd.ProcessState.ExitCode()
	var ru syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &ru); err != nil {
		return err
	}
	u.CPU = time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
	u.RSS = ru.Maxrss << 10
	fmt.Fprintln(os.Stderr)
	return json.NewEncoder(os.Stderr).Encode(u)
}
