package machine

import (
	"os"
	"slices"
	"testing"
)

// TestAncestors holds that the parent is the first, and that no PID is named twice.
func TestAncestors(t *testing.T) {
	pids := Ancestors()
	if len(pids) == 0 || pids[0] != os.Getppid() {
		t.Fatalf("ancestors %v, want %d first", pids, os.Getppid())
	}
	slices.Sort(pids)
	if n := len(pids); n != len(slices.Compact(pids)) {
		t.Errorf("a PID twice: %v", pids)
	}
}
