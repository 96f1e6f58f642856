//go:build unix

package cli

import (
	"os"
	"syscall"
)

// statusSignals make a scan say how far it is.
func statusSignals() []os.Signal { return []os.Signal{syscall.SIGUSR1} }
