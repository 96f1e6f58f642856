//go:build !unix

package cli

import "os"

// statusSignals is empty: there is no such signal here.
func statusSignals() []os.Signal { return nil }
