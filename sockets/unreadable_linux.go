package sockets

import (
	"errors"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// initPIDNamespace is the inode of the machine's first PID namespace:
// PROC_PID_INIT_INO of linux/proc_ns.h.
const initPIDNamespace = 0xEFFFFFFC

// whyUnreadable is what keeps this process from finding every holder. refused is set if
// the descriptors of some process could not be read. Reading those of another user's
// process takes CAP_SYS_PTRACE in its user namespace (ptrace(2),
// PTRACE_MODE_READ_FSCREDS); a process outside of this PID namespace is not in /proc at
// all.
func (p procFS) whyUnreadable(refused bool) Hidden {
	if errors.Is(p.check(), errNoProc) {
		return HiddenNoProc
	}
	if p.short.noted() {
		return HiddenLocalLimit
	}
	if refused {
		return HiddenPermission
	}
	if ns := inodeOf(filepath.Join(p.root, "self/ns/pid")); ns != 0 && ns != initPIDNamespace {
		return HiddenOtherPIDNamespace
	}
	if !hasCapability(unix.CAP_SYS_PTRACE) {
		return HiddenPermission // mounted with hidepid, perhaps
	}
	if ns := inodeOf(filepath.Join(p.root, "self/ns/user")); ns != 0 && ns != initUserNamespace {
		return HiddenPermission
	}
	return HiddenNone
}
