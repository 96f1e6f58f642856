//go:build unix

package cli

import (
	"os/exec"
	"strings"
	"testing"
)

// TestSavedPipes holds that diff and merge, which read what they are given twice, take
// pipes.
func TestSavedPipes(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("there is no bash with process substitution")
	}
	t.Setenv("TMPDIR", t.TempDir())
	const scan = `porthole scan 127.0.0.1 -p 1-20 --show all -q --seed 1 -o `
	for script, want := range map[string]string{
		`porthole diff <(` + scan + `json) <(` + scan + `jsonl | sed '5s/"state":"[a-z]*"/"state":"filtered"/') -q -o jsonl; ls "$TMPDIR"`: `"change":"state"`,
		`porthole merge <(` + scan + `json) -o json -q; ls "$TMPDIR"`:                                                                      `"port":20,`,
	} {
		out, _ := exec.Command(bash, "-c", script).CombinedOutput()
		if !strings.Contains(string(out), want) || strings.Contains(string(out), "porthole-") {
			t.Errorf("%s: it has no %s\n%s", script, want, out)
		}
	}
}
