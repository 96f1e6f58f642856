package sockets

import (
	"bufio"
	"os"
	"os/exec"
	"testing"
)

// raceEnv keeps the race detector from sleeping a second at every exit.
const raceEnv = "GORACE=atexit_sleep_ms=0"

// startHelper runs this test binary under another path until the test ends,
// and returns once it is up: just after execve its arguments may be missing.
func startHelper(t testing.TB, path, what string) (pid int) {
	t.Helper()
	cmd := exec.Command(path)
	cmd.Env = append(os.Environ(), helperEnv+"="+what, raceEnv)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skipf("no programs run from the temporary folder here: %v", err)
	}
	t.Cleanup(func() { stdin.Close(); cmd.Wait() })
	if ready, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		t.Fatalf("the helper said %q, %v", ready, err)
	}
	return cmd.Process.Pid
}
