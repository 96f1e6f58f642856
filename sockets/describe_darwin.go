package sockets

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"porthole/sockets/internal/procfs"
)

// describePID asks the kernel for one process, as ps does. Other users' arguments
// are for root alone.
func describePID(_ context.Context, pid int, people *users) (Process, error) {
	p := Process{PID: pid, UID: -1}
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		if errors.Is(unix.Kill(pid, 0), unix.ESRCH) {
			return Process{}, os.ErrProcessDone
		}
		return p, nil
	}
	p.UID = int(info.Eproc.Ucred.Uid)
	p.User = people.name(p.UID)
	if started := info.Proc.P_starttime; started.Sec > 0 {
		p.Started = time.Unix(started.Unix())
	}
	p.Exe = executableOf(pid)
	if b, err := unix.SysctlRaw("kern.procargs2", pid); err == nil {
		if path, args, err := parseProcArgs(b); err == nil {
			p.Cmdline = args
			if p.Exe == "" && filepath.IsAbs(path) {
				p.Exe = path
			}
		}
	}
	p.Name = procfs.FullName(unix.ByteSliceToString(info.Proc.P_comm[:]), p.Exe, p.Cmdline)
	return p, nil
}

// executableOf is what proc_pidpath of libproc.h answers, whose call of the kernel is
// in the headers of xnu (bsd/sys/proc_info.h); "" unknown.
func executableOf(pid int) string {
	const (
		callPIDInfo = 2  // PROC_INFO_CALL_PIDINFO
		pathInfo    = 11 // PROC_PIDPATHINFO
	)
	var path [4 * unix.PathMax]byte // PROC_PIDPATHINFO_MAXSIZE
	_, _, errno := syscall.Syscall6(syscall.SYS_PROC_INFO, callPIDInfo, uintptr(pid), pathInfo, 0, uintptr(unsafe.Pointer(&path[0])), uintptr(len(path)))
	if errno != 0 {
		return ""
	}
	return unix.ByteSliceToString(path[:])
}
