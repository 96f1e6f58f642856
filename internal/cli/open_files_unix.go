//go:build unix

package cli

import "syscall"

// openFiles is the limit of open files, which Go's runtime has lifted to the hard one.
func openFiles() (limit uint64, ok bool) {
	var r syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r) != nil {
		return 0, false
	}
	return uint64(r.Cur), true // FreeBSD's is signed
}
