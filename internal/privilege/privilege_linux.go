package privilege

import (
	"errors"
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// kept is the set of capabilities that a need has, as capget(2) has it.
func (n Need) kept() uint64 {
	if n == Files {
		return 1<<unix.CAP_CHOWN | 1<<unix.CAP_DAC_OVERRIDE | 1<<unix.CAP_DAC_READ_SEARCH | 1<<unix.CAP_FOWNER | 1<<unix.CAP_FSETID
	}
	return 0
}

// sets are the three sets of a thread, each in two words (linux/capability.h).
type sets [2]unix.CapUserData

func (s *sets) permitted() uint64 { return uint64(s[0].Permitted) | uint64(s[1].Permitted)<<32 }

func limit(to Need) error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var have sets
	if err := unix.Capget(&header, &have[0]); err != nil {
		return fmt.Errorf("reading the capabilities: %w", err)
	}
	kept := have.permitted() & to.kept()
	if have.permitted() == kept {
		return nil
	}
	set := sets{{Effective: uint32(kept), Permitted: uint32(kept)}, {Effective: uint32(kept >> 32), Permitted: uint32(kept >> 32)}}
	_, _, errno := syscall.AllThreadsSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&set)), 0)
	if errno == 0 {
		_, _, errno = syscall.AllThreadsSyscall(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0)
	}
	switch errno {
	case 0:
		return nil
	case syscall.ENOTSUP:
		return errors.ErrUnsupported
	}
	return fmt.Errorf("giving up capabilities: %w", errno)
}
