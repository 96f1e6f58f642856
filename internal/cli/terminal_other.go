//go:build !windows

package cli

// takesEscapes is true: TERM says where it is not so.
func takesEscapes(int) bool { return true }
