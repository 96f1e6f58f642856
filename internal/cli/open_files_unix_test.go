//go:build unix

package cli

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestMoreFiles: an ordinary user is not told to do what only root may.
func TestMoreFiles(t *testing.T) {
	if got := moreFiles(0); !strings.Contains(got, "ulimit -n 1024 in this shell") {
		t.Errorf("root: %s", got)
	}
	if got := moreFiles(1000); strings.Contains(got, "in this shell") || !strings.Contains(got, "root alone may raise") {
		t.Errorf("another user: %s", got)
	}
}

// TestFewFiles: with a limit of open files that Go's runtime cannot work with,
// porthole says so and what helps. One more is enough for a list.
func TestFewFiles(t *testing.T) {
	for limit, code := range map[string]int{"6": exitFailed, "15": exitFailed, "16": exitDone} {
		out, err := exec.Command("sh", "-c", "ulimit -n "+limit+"; exec porthole list -q --count").CombinedOutput()
		got := exitDone
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			got = exit.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		if got != code || code == exitFailed && !strings.Contains(string(out), "may open "+limit+" files, and porthole needs 16; "+moreFiles(os.Geteuid())) {
			t.Errorf("limit %s: exit code %d, want %d: %s", limit, got, code, out)
		}
	}
}
