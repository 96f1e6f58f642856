// Package procfs parses what Linux writes in /proc. Nothing here opens a file or
// asks the kernel: every function takes text and gives values, so that hostile and
// cut-off text can be tried on any system.
package procfs
