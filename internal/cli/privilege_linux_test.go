package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestPrivileges holds that root's capabilities are gone while results are written and
// hosts are asked, and that only those for files are left where a file of another user
// is to be written. The program is built as it is released: with cgo it keeps them.
func TestPrivileges(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root has capabilities to give up")
	}
	if testing.Short() {
		t.Skip("it takes a build")
	}
	folder := t.TempDir()
	program := filepath.Join(folder, "porthole")
	build := exec.Command("go", "build", "-trimpath", "-o", program, "porthole")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for range 60 { // so that a list fills a pipe
		listenHere(t)
	}
	silent := udpPort(t, false)
	foreign := filepath.Join(folder, "foreign")
	if err := os.Mkdir(foreign, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(foreign, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	const files = 1<<unix.CAP_CHOWN | 1<<unix.CAP_DAC_OVERRIDE | 1<<unix.CAP_DAC_READ_SEARCH | 1<<unix.CAP_FOWNER | 1<<unix.CAP_FSETID
	for _, test := range []struct {
		args []string
		want uint64 // capabilities
	}{
		{[]string{"lookup", "-", "-o", "jsonl"}, 0},
		{[]string{"list", "-o", "jsonl", "-o", "csv=" + filepath.Join(folder, "own")}, 0},
		{[]string{"list", "-o", "jsonl", "-o", "csv=" + filepath.Join(foreign, "list")}, files},
		{[]string{"scan", "127.0.0.1", "--udp", "-p", silent, "--timeout", "1h", "--retries", "0"}, 0},
		{[]string{"scan", "127.0.0.1", "--udp", "-p", silent, "--timeout", "1h", "--retries", "0", "--resume", filepath.Join(folder, "kept")}, files},
	} {
		if caps := capabilitiesLeft(t, program, test.args); caps != test.want {
			t.Errorf("%v: %x, want %x", test.args, caps, test.want)
		}
	}
}

// capabilitiesLeft runs a command that nobody reads until it has given up some of its
// capabilities, and returns the others.
func capabilitiesLeft(t *testing.T, program string, args []string) uint64 {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := unix.FcntlInt(w.Fd(), unix.F_SETPIPE_SZ, 4096); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, args...)
	cmd.Stdout = w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	defer cmd.Wait()
	defer cmd.Process.Kill()
	for {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", cmd.Process.Pid))
		if err != nil || len(threads) == 0 {
			t.Fatalf("%v: it has ended", args)
		}
		all, limited := uint64(0), true
		for _, name := range threads {
			text, err := os.ReadFile(name)
			if err != nil {
				continue // it has ended
			}
			if strings.Contains(string(text), "State:\tZ") {
				t.Fatalf("%v: it has ended", args)
			}
			limited = limited && strings.Contains(string(text), "NoNewPrivs:\t1")
			for _, set := range []string{"CapEff:\t", "CapPrm:\t"} {
				_, line, _ := strings.Cut(string(text), set)
				line, _, _ = strings.Cut(line, "\n")
				caps, err := strconv.ParseUint(line, 16, 64)
				if err != nil {
					t.Fatal(err)
				}
				all |= caps
			}
		}
		if limited {
			return all
		}
		time.Sleep(time.Millisecond)
	}
}
