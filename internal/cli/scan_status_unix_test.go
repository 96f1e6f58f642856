//go:build unix

package cli

import (
	"bufio"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// TestStatusSignal holds that SIGUSR1 makes a scan print its status, and go on.
func TestStatusSignal(t *testing.T) {
	answers, silent := udpPort(t, true), udpPort(t, false)
	cmd := exec.Command("porthole", "scan", "127.0.0.1", "--udp", "-p", answers+","+silent, "--timeout", "1h", "-o", "jsonl")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	if _, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stderr)
	for range 2 {
		if err := cmd.Process.Signal(syscall.SIGUSR1); err != nil {
			t.Fatal(err)
		}
		line, err := lines.ReadString('\n')
		if err != nil || !strings.HasPrefix(line, "porthole: 1 of 2 probes, 1 open, ") {
			t.Fatalf("%v: %q", err, line)
		}
	}
}
