package checkpoint

import (
	"errors"
	"math"
	"os"

	"golang.org/x/sys/windows"
)

// lock keeps other scans from f until it is closed. Locks of Windows bind every
// program, so that the one byte that is locked lies where no file has any: the
// file can still be read and copied.
func lock(f *os.File) error {
	const bytes = 1
	at := windows.Overlapped{Offset: math.MaxUint32, OffsetHigh: math.MaxInt32}
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, bytes, 0, &at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return &os.PathError{Op: "lock", Path: f.Name(), Err: ErrInUse}
	}
	return nil // a file system without locks is no reason not to scan
}

// syncDir does nothing: directories cannot be synced here.
func syncDir(string) error { return nil }
