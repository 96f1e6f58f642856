package cli

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestSignalWaiting holds that one signal ends a command, whatever it waits for.
func TestSignalWaiting(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"pipe", "read"} {
		if err := unix.Mkfifo(filepath.Join(folder, name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	reader, err := os.OpenFile(filepath.Join(folder, "read"), os.O_RDONLY|unix.O_NONBLOCK, 0) // it never reads
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	for _, args := range [][]string{
		{"scan", "-i", "pipe", "-p", "1"},
		{"scan", "-i", "-", "-p", "1"},
		{"diff", "pipe", "pipe"},
		{"merge", "pipe"},
		{"audit", "--allow", "pipe"},
		{"audit", "--baseline", "pipe"},
		{"list", "-o", "json=pipe"},
		{"lookup", "-", "-o", "jsonl=read"}, // into a pipe that is full
		{"lookup", "-", "-o", "jsonl"},      // likewise
		{"lookup", "22", "services"},
	} {
		for sig, want := range map[syscall.Signal]int{syscall.SIGINT: exitInterrupted, syscall.SIGTERM: exitTerminated} {
			cmd := exec.Command("porthole", args...)
			cmd.Dir = folder
			if args[len(args)-1] == "services" {
				cmd.Args = cmd.Args[:3]
				cmd.Env = append(os.Environ(), "PORTHOLE_SERVICES=pipe")
			}
			if code := signalWaiting(t, cmd, sig); code != want {
				t.Errorf("%v, %v: exit code %d, want %d", args, sig, code, want)
			}
		}
	}
}

// TestSignalNameServer holds that a signal ends the wait for a name server that does
// not answer. It is one of a network of the test's own.
func TestSignalNameServer(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("a network of its own needs root")
	}
	conf := filepath.Join(t.TempDir(), "resolv.conf")
	if err := os.WriteFile(conf, []byte("nameserver 198.18.0.1\noptions timeout:60\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", `ip link add silent type veth peer name far && ip addr add 198.18.0.2/24 dev silent && ip link set silent up && ip link set far up &&
		ip neigh add 198.18.0.1 lladdr 02:00:00:00:00:01 dev silent &&
		mount --bind "$0" /etc/resolv.conf && exec porthole scan name.example -p 1`, conf)
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS}
	if code := signalWaiting(t, cmd, syscall.SIGINT); code != exitInterrupted {
		t.Errorf("exit code %d, want %d", code, exitInterrupted)
	}
}

// signalWaiting starts porthole with standard streams that nobody serves, sends it
// one signal once it listens for signals, and returns its exit code.
func signalWaiting(t *testing.T, cmd *exec.Cmd, sig syscall.Signal) int {
	t.Helper()
	defer silent(t, cmd)()
	var errs strings.Builder
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	for !listens(t, cmd.Process.Pid) {
		time.Sleep(time.Millisecond)
	}
	if err := cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	if status := cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signaled() {
		t.Errorf("%v ended it by itself\n%s", status.Signal(), &errs)
	}
	return cmd.ProcessState.ExitCode()
}

// silent gives a command a standard input that says nothing and an output that
// nobody reads. It returns what closes them.
func silent(t *testing.T, cmd *exec.Cmd) (end func()) {
	t.Helper()
	in, says, err1 := os.Pipe()
	reads, out, err2 := os.Pipe()
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	cmd.Stdin, cmd.Stdout = in, out
	return func() {
		for _, f := range []*os.File{in, says, reads, out} {
			f.Close()
		}
	}
}

// listens reports whether porthole listens for signals in a process, or has ended:
// what it does next is to ignore SIGPIPE.
func listens(t *testing.T, pid int) bool {
	t.Helper()
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "State:\tZ") {
			return true
		}
		if mask, ok := strings.CutPrefix(lines.Text(), "SigIgn:"); ok {
			var ignored uint64
			if _, err := fmt.Sscanf(strings.TrimSpace(mask), "%x", &ignored); err != nil {
				t.Fatal(err)
			}
			return ignored>>(syscall.SIGPIPE-1)&1 == 1
		}
	}
	return false
}
