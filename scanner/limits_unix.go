//go:build unix

package scanner

import (
	"math"
	"os"
	"syscall"
)

// unknownUsed is assumed to be the number of descriptors in use if /dev/fd cannot be
// read.
const unknownUsed = 32

// descriptors is the soft RLIMIT_NOFILE, which the Go runtime has lifted to
// the hard one at start, and how many of them are in use.
func descriptors() (limit, used int) {
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r); err != nil {
		return 256, unknownUsed // the smallest default among the Unixes: macOS
	}
	// Infinity is the largest value of a type that differs between systems.
	limit = int(min(uint64(r.Cur), math.MaxInt32))
	open, err := os.ReadDir("/dev/fd")
	if err != nil {
		return limit, unknownUsed
	}
	return limit, len(open)
}
