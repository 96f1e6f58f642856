// Package procfs parses what Linux writes in /proc. Nothing here opens a file or
// asks the kernel: every function takes text and returns values, so that hostile and
// truncated text can be tried on any system.
package procfs
