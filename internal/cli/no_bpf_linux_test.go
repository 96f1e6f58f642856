package cli

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// TestNoBPF holds that no command loads a program into the kernel with --no-bpf: it is
// killed if it does, as a policy may have it.
func TestNoBPF(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may load programs")
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	old := filepath.Join(t.TempDir(), "old.json")
	if out, err := exec.Command("porthole", "list", port, "-q", "-o", "json="+old).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, args := range [][]string{
		{"list"}, {"explain", port}, {"audit"}, {"kill", port, "--dry-run"},
		{"diff", old, "-"}, {"wait", port, "--for", "open"},
	} {
		args = append(args, "--no-bpf")
		if out, killed := runWithoutLoading(t, args); killed {
			t.Errorf("%v loads a program\n%s", args, out)
		}
	}
	if _, killed := runWithoutLoading(t, []string{"list"}); !killed {
		t.Log("list loads no program here in any case")
	}
}

// TestWatchNoBPF holds the same for the events of watch, which look again and again.
func TestWatchNoBPF(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may load programs")
	}
	cmd := exec.Command("porthole", "watch", "--no-bpf")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	withoutLoading(t, cmd.Start)
	l, err := net.Listen("tcp4", "127.0.0.1:0") // after the first look or before it
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := []byte(strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	var seen bytes.Buffer
	for buf := make([]byte, 1<<12); !bytes.Contains(seen.Bytes(), port); {
		n, err := out.Read(buf)
		if seen.Write(buf[:n]); err != nil {
			t.Fatalf("%v: %s", err, &seen)
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	if cmd.Wait(); cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Error(cmd.ProcessState)
	}
}

// runWithoutLoading runs porthole, and reports whether it was killed because it loaded a
// program.
func runWithoutLoading(t *testing.T, args []string) (out string, killed bool) {
	t.Helper()
	cmd := exec.Command("porthole", args...)
	var b strings.Builder
	cmd.Stdout, cmd.Stderr = &b, &b
	withoutLoading(t, cmd.Start)
	cmd.Wait()
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	return b.String(), status.Signaled() && status.Signal() == syscall.SIGSYS
}

// withoutLoading starts a process that is killed when it loads a BPF program.
func withoutLoading(t *testing.T, start func() error) {
	t.Helper()
	const (
		progLoad     = 5  // BPF_PROG_LOAD of linux/bpf.h
		number       = 0  // of the system call in struct seccomp_data
		firstOperand = 16 // its low half on little endian
	)
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("the filter is for little endian with 64 bits")
	}
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: number},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 3, K: unix.SYS_BPF},
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: firstOperand},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: progLoad},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_KILL_PROCESS},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	errs := make(chan error)
	go func() {
		runtime.LockOSThread() // for good: the thread ends with its filter
		err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)), 0, 0)
		if err == nil {
			err = start()
		}
		errs <- err
	}()
	if err := <-errs; err != nil {
		t.Skip(err)
	}
}
