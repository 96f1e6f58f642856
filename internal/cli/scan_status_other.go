//go:build !unix

package cli

import "os"

// statusSignals is empty: this system has no signal to spare.
func statusSignals() []os.Signal { return nil }
