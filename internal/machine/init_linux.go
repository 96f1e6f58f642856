package machine

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// IsInit reports whether a process is number 1 of a PID namespace, which adopts the
// orphans of that (pid_namespaces(7)).
func IsInit(pid int) bool { return isInit(filepath.Join("/proc", strconv.Itoa(pid))) }

func isInit(dir string) bool {
	status, err := os.ReadFile(filepath.Join(dir, "status"))
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(status)) {
		if numbers, ok := strings.CutPrefix(line, "NSpid:"); ok { // in each PID namespace, the innermost last
			fields := strings.Fields(numbers)
			return len(fields) > 0 && fields[len(fields)-1] == "1"
		}
	}
	return false
}
