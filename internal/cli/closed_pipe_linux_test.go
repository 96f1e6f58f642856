package cli

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// TestClosedPipeIncompleteList holds that list and explain say by their exit code that
// they lack something, here the holders without a /proc, where the reader has left.
func TestClosedPipeIncompleteList(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may mount")
	}
	listenHere(t) // so that there is a row
	for _, command := range []string{"list", "list --count", "explain 1"} {
		cmd := exec.Command("sh", "-c", "mount -t tmpfs none /proc && exec porthole "+command+" -q")
		cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS} // Go makes its mounts private
		if code := runWithoutReader(t, cmd); code != exitIncomplete {
			t.Errorf("%s: ended with %d, not with %d", command, code, exitIncomplete)
		}
	}
}
