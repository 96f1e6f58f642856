//go:build !windows

package explain

import (
	"errors"
	"os"
	"syscall"
)

func inUse(err error) bool { return errors.Is(err, syscall.EADDRINUSE) }

func denied(err error) bool { return errors.Is(err, os.ErrPermission) }

// reuseAddr lists the values of SO_REUSEADDR to try.
func reuseAddr() []bool { return []bool{true, false} }

func setReuseAddr(fd uintptr, on bool) error {
	value := 0
	if on {
		value = 1
	}
	return syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, value)
}
