package cli

import (
	"fmt"
	"os"

	"porthole/sockets"
)

// hiddenNote says why the holders of n sockets are hidden, and what would show them.
// has reports whether one of them is hidden for a reason.
func hiddenNote(n int, has func(sockets.Hidden) bool) string {
	return "the holders of " + plural(n, "socket") + whyHidden(has)
}

// mayMatchNote says that n more sockets may be among those that were asked for.
func mayMatchNote(n int, has func(sockets.Hidden) bool) string {
	if n == 1 {
		return "1 more socket may match: its holders" + whyHidden(has)
	}
	return fmt.Sprintf("%d more sockets may match: their holders%s", n, whyHidden(has))
}

// whyHidden goes on after the word holders.
func whyHidden(has func(sockets.Hidden) bool) string {
	switch {
	case has(sockets.HiddenLocalLimit):
		return " were not found, for want of descriptors or memory"
	case has(sockets.HiddenNoProc):
		return " cannot be looked for without /proc"
	case has(sockets.HiddenPermission) && os.Geteuid() == 0:
		return " are hidden even from root here, by a user namespace, a sandbox or a PID namespace"
	case has(sockets.HiddenPermission):
		return " are hidden from this user; run porthole as root to see them"
	}
	return " are in a PID namespace that cannot be seen from here; run porthole outside of the container to see them"
}
