package cli

import (
	"os"
	"strings"
	"testing"

	"porthole/sockets"
)

func TestHiddenNote(t *testing.T) {
	denied := "are hidden from this user; run porthole as root to see them"
	if os.Geteuid() == 0 {
		denied = "are hidden even from root here, by a user namespace, a sandbox or a PID namespace"
	}
	for why, want := range map[sockets.Hidden]string{
		sockets.HiddenPermission:        denied,
		sockets.HiddenOtherPIDNamespace: "run porthole outside of the container to see them",
		sockets.HiddenNoProc:            "cannot be looked for without /proc",
		sockets.HiddenLocalLimit:        "were not found, for want of descriptors or memory",
	} {
		got := hiddenNote(2, func(h sockets.Hidden) bool { return h == why })
		if !strings.HasPrefix(got, "the holders of 2 sockets ") || !strings.HasSuffix(got, want) {
			t.Errorf("%v: %s", why, got)
		}
	}
}
