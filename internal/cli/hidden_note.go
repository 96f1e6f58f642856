package cli

import (
	"os"

	"porthole/sockets"
)

// hiddenNote says why the holders of n sockets are hidden, and what would show them.
// has reports whether one of them is hidden for a reason.
func hiddenNote(n int, has func(sockets.Hidden) bool) string {
	holders := "the holders of " + plural(n, "socket")
	switch {
	case has(sockets.HiddenLocalLimit):
		return holders + " were not found, for want of descriptors or memory"
	case has(sockets.HiddenNoProc):
		return holders + " cannot be looked for without /proc"
	case has(sockets.HiddenPermission) && os.Geteuid() == 0:
		return holders + " are hidden even from root here, by a user namespace, a sandbox or a PID namespace"
	case has(sockets.HiddenPermission):
		return holders + " are hidden from this user; run porthole as root to see them"
	}
	return holders + " are in a PID namespace that cannot be seen from here; run porthole outside of the container to see them"
}
