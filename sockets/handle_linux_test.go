package sockets

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// runningProcess reads a process of this machine.
func runningProcess(t *testing.T, pid int) Process {
	t.Helper()
	p, err := describeNow(t.Context(), pid)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func startSleeper(t *testing.T) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("sleep", "600")
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	return cmd
}

// TestHold ends a child by its handle, and tells that it ended even before its
// parent has asked.
func TestHold(t *testing.T) {
	child := startSleeper(t)
	h, err := runningProcess(t, child.Process.Pid).Hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if h.Ended(t.Context()) {
		t.Error("it has ended before the signal")
	}
	if err := h.Signal(t.Context(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for !h.Ended(t.Context()) { // a zombie, for nobody waited for it
		runtime.Gosched()
	}
	if err := h.Signal(t.Context(), syscall.SIGKILL); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("a signal to a zombie: %v", err)
	}
	var exit *exec.ExitError
	if err := child.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
		t.Errorf("the child ended with %v", err)
	}
	if err := h.Signal(t.Context(), syscall.SIGKILL); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("a signal to nobody: %v", err)
	}
}

// TestHoldOther holds that a number alone is not enough.
func TestHoldOther(t *testing.T) {
	child := startSleeper(t)
	p := runningProcess(t, child.Process.Pid)
	p.Started = p.Started.Add(-time.Hour)
	if _, err := p.Hold(t.Context()); !errors.Is(err, ErrPIDReused) {
		t.Errorf("another start: %v", err)
	}
	if _, err := (Process{PID: child.Process.Pid}).Hold(t.Context()); err == nil {
		t.Error("held without a start")
	}
	p = runningProcess(t, child.Process.Pid)
	child.Process.Kill()
	child.Wait()
	if _, err := p.Hold(t.Context()); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("ended: %v", err)
	}
}

// TestHoldDenied holds that who may not signal hears so before trying.
func TestHoldDenied(t *testing.T) {
	needRoot(t)
	child := startSleeper(t)
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), helperEnv+"=hold-process "+strconv.Itoa(child.Process.Pid), raceEnv)
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	asNobody(cmd)
	out, err := cmd.CombinedOutput()
	if err != nil || string(out) != "denied\n" {
		t.Errorf("%v: %q", err, out)
	}
}

// holdProcess is the helper's part: it says whether the process can be held.
func holdProcess(pid string) error {
	n, err := strconv.Atoi(pid)
	if err != nil {
		return err
	}
	p, err := describeNow(context.Background(), n)
	if err != nil {
		return err
	}
	if _, err = p.Hold(context.Background()); errors.Is(err, os.ErrPermission) {
		fmt.Println("denied")
		return nil
	}
	return fmt.Errorf("held: %v", err)
}
