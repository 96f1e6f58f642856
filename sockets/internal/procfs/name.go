package procfs

import (
	"path/filepath"
	"strings"
)

// FullName undoes the cut of /proc/pid/comm at 15 bytes (TASK_COMM_LEN of
// linux/sched.h) where the executable or the first argument, which begin with
// the name, show the rest.
func FullName(comm, exe string, cmdline []string) string {
	const cut = 15
	if len(comm) < cut {
		return comm
	}
	whole := []string{strings.TrimSuffix(exe, " (deleted)")}
	if len(cmdline) > 0 {
		whole = append(whole, cmdline[0])
	}
	for _, path := range whole {
		if name := filepath.Base(path); len(name) > len(comm) && strings.HasPrefix(name, comm) {
			return name
		}
	}
	return comm
}
