package machine

import (
	"fmt"
	"os"
	"strings"
)

// parentOf is the PID of the process that started another; 0 if it is not known.
// gopsutil is left out here: its process package reads /proc/stat at every start.
func parentOf(pid int) (parent int) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if n, err := fmt.Sscanf(line, "PPid: %d", &parent); n == 1 && err == nil {
			return parent
		}
	}
	return 0
}
