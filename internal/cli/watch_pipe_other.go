//go:build !unix

package cli

import "io"

// readerLeft returns nil: only a write would fail here.
func readerLeft(io.Writer) error { return nil }
