package cli

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// TestKillLeavesNothing holds that not even SIGKILL leaves a file behind where
// the filesystem has files without names.
func TestKillLeavesNothing(t *testing.T) {
	cmd, folder, _ := halfScan(t)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	if fd, err := unix.Open(folder, unix.O_TMPFILE|unix.O_WRONLY, 0o600); err != nil {
		t.Skipf("files here have names: %v", err)
	} else {
		unix.Close(fd)
	}
	left, err := os.ReadDir(folder)
	if err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}
