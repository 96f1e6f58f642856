package cli

import (
	"bytes"
	"errors"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// TestFullDisk holds that a disk that fills up is an error in every format and
// leaves no file. The disk is a small tmpfs that only this test sees.
func TestFullDisk(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("mounting a small disk needs root")
	}
	folder := t.TempDir()
	run := func(script string, args ...string) (code int, stdout, stderr string) {
		cmd := exec.Command("sh", append([]string{"-c", `mount -t tmpfs -o size=16k porthole "$0" || exit 99; ` + script, folder}, args...)...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		var exit *exec.ExitError
		switch err := cmd.Run(); {
		case errors.As(err, &exit):
			return exit.ExitCode(), out.String(), errs.String()
		case err != nil:
			t.Skipf("this machine gives no mount namespace: %v", err)
		}
		return 0, out.String(), errs.String()
	}
	if code, _, stderr := run("true"); code == 99 {
		t.Skipf("this machine lets nobody mount: %s", stderr)
	}
	for format := range wholeFormats() {
		code, left, stderr := run(`porthole scan 127.0.0.1 -p 1-3000 --show all -q -o "$1=$0/scan"; code=$?; ls -A "$0"; exit $code`, format)
		if code != exitFailed || !strings.Contains(stderr, "/scan: ") || !strings.Contains(stderr, "no space left on device") {
			t.Errorf("%s: exit code %d, %q", format, code, stderr)
		}
		if left != "" {
			t.Errorf("%s: left %s", format, left)
		}
	}
	code, _, stderr := run(`exec porthole scan 127.0.0.1 -p 1-3000 --show all -q --rate 2000 -o json=/dev/null --resume "$0/scan.ckpt"`)
	if code != exitFailed || !strings.Contains(stderr, "resume: writing "+folder+"/scan.ckpt: ") || !strings.Contains(stderr, "no space left on device") {
		t.Errorf("checkpoint: exit code %d, %q", code, stderr)
	}
}

// TestFullOutput holds that whatever is printed is missed when it could not be.
func TestFullOutput(t *testing.T) {
	for _, line := range []string{
		"", "--help", "-h", "help", "help scan", "scan --help", "kill -h", "--version", "completion bash", "complete -- l",
		"list", "list --count", "lookup 80", "audit", "audit --rules", "explain 80", "explain --free 20000-30000", "scan 127.0.0.1 --dry-run", "watch -o jsonl",
	} {
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Skip(err)
		}
		var errs bytes.Buffer
		cmd := exec.Command("porthole", strings.Fields(line)...)
		cmd.Stdout, cmd.Stderr = full, &errs
		l, err := net.Listen("tcp4", "127.0.0.1:0") // so that there is a socket to tell of
		if err != nil {
			t.Fatal(err)
		}
		err = cmd.Run()
		l.Close()
		full.Close()
		if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != exitFailed || !strings.Contains(errs.String(), "no space left on device") {
			t.Errorf("porthole %s: %v, %q", line, err, errs.String())
		}
	}
}
