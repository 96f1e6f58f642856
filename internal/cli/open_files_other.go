//go:build !unix

package cli

// openFiles is not known: Windows has no such limit.
func openFiles() (limit uint64, ok bool) { return 0, false }
