//go:build unix

package cli

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestEndlessFiles holds that a file without an end is an error, wherever one is read.
func TestEndlessFiles(t *testing.T) {
	zero, err := os.Open("/dev/zero")
	if err != nil {
		t.Skip(err)
	}
	defer zero.Close()
	for want, args := range map[string][]string{
		"input: standard input: a line is longer than 16 MB":      {"scan", "-i", "-", "-p", "1"},
		"input: /dev/zero: a line is longer than 16 MB":           {"scan", "-i", "/dev/zero", "-p", "1"},
		"exclude-file: /dev/zero: a line is longer than 16 MB":    {"scan", "127.0.0.1", "--exclude-file", "/dev/zero", "-p", "1"},
		"resume: open /dev/zero: it is not a regular file":        {"scan", "127.0.0.1", "-p", "1", "--resume", "/dev/zero"},
		"diff: /dev/zero: record 1: ":                             {"diff", "/dev/zero", "/dev/zero"},
		"merge: /dev/zero: record 1: ":                            {"merge", "/dev/zero"},
		"baseline: /dev/zero: record 1: ":                         {"audit", "--baseline", "/dev/zero"},
		"allow: /dev/zero: ":                                      {"audit", "--allow", "/dev/zero"},
		"services: /dev/zero:1: the line is longer than 65536 by": {"lookup", "22"},
	} {
		cmd := exec.Command("porthole", args...)
		cmd.Stdin = zero
		if args[0] == "lookup" {
			cmd.Env = append(os.Environ(), "PORTHOLE_SERVICES=/dev/zero")
		}
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "porthole: "+want) {
			t.Errorf("%v: %v, %s, want %s", args, err, out, want)
		}
	}
}
