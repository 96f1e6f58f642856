//go:build unix

package cli

import (
	"os"
	"syscall"
)

// statusSignals make a scan print its status.
func statusSignals() []os.Signal { return []os.Signal{syscall.SIGUSR1} }
