//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
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
// so that it runs in a namespace. Before it comes a program whose time is not
// taken, the first.
func measure(limit time.Duration, first string, command func(name string, arg ...string) *exec.Cmd, argv ...string) (usage, []byte, error) {
	self, err := os.Executable()
	if err != nil {
		return usage{}, nil, err
	}
	out, err := memory()
	if err != nil {
		return usage{}, nil, err
	}
	defer out.Close()
	cmd := command(self, append([]string{"measure", limit.String(), first}, argv...)...)
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
	if _, err := out.Seek(0, io.SeekStart); err != nil {
		return usage{}, nil, err
	}
	text, err := io.ReadAll(out)
	return u, text, err
}

// What may come first.
const (
	nothing = "/bin/true" // so that this process knows how to start one
	itself  = "itself"    // so that what it needs is at hand, as for hyperfine --warmup
)

// memory is a file in memory, which takes output while a program runs: who read a
// pipe would share the processors with it, and a disk has times of its own.
func memory() (*os.File, error) {
	fd, err := unix.MemfdCreate("output", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "output"), nil
}

// measureHere runs a program, at most for the limit, and prints its usage as
// the last line of standard error.
func measureHere(args []string) error {
	limit, err := time.ParseDuration(args[0])
	if err != nil {
		return err
	}
	argv := args[2:]
	path, err := exec.LookPath(argv[0])
	if err != nil {
		return err
	}
	// The first program that is started takes a millisecond longer, which would
	// be counted with what is measured. One thread starts and waits, and nothing
	// else runs: the processors are the program's.
	runtime.GOMAXPROCS(1)
	runtime.LockOSThread()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	if args[1] == itself {
		_, err = timed(path, argv, limit, null, null)
	} else {
		_, err = timed(args[1], args[1:2], limit, null, null)
	}
	if err != nil {
		return err
	}
	said, err := memory()
	if err != nil {
		return err
	}
	defer said.Close()
	u, err := timed(path, argv, limit, os.Stdout, said)
	if err != nil {
		return err
	}
	if _, err := said.Seek(0, io.SeekStart); err != nil {
		return err
	}
	io.Copy(os.Stderr, said)
	fmt.Fprintln(os.Stderr)
	return json.NewEncoder(os.Stderr).Encode(u)
}

// timed takes the time from before the start of a program until it has ended. At
// the limit it is interrupted, and killed 10 seconds later.
func timed(path string, argv []string, limit time.Duration, stdout, stderr *os.File) (u usage, err error) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return u, err
	}
	defer null.Close()
	attr := &syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{null.Fd(), stdout.Fd(), stderr.Fd()}}
	start := time.Now()
	pid, err := syscall.ForkExec(path, argv, attr)
	if err != nil {
		return u, fmt.Errorf("%s: %w", path, err)
	}
	var late atomic.Bool
	interrupt := time.AfterFunc(limit, func() { late.Store(true); syscall.Kill(pid, syscall.SIGINT) })
	kill := time.AfterFunc(limit+10*time.Second, func() { syscall.Kill(pid, syscall.SIGKILL) })
	var status syscall.WaitStatus
	var ru syscall.Rusage
	for {
		if _, err = syscall.Wait4(pid, &status, 0, &ru); !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	u.Wall = time.Since(start)
	interrupt.Stop()
	kill.Stop()
	if err != nil {
		return u, fmt.Errorf("%s: %w", path, err)
	}
	u.CPU = time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
	u.RSS = int64(ru.Maxrss) << 10 // in KiB (getrusage(2))
	u.Code, u.Ended = status.ExitStatus(), !late.Load()
	return u, nil
}
