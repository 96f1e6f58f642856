package machine

import (
	"os"

	"github.com/shirou/gopsutil/v3/process"
)

// Ancestors are the PIDs of the processes that started this one, the closest
// first, as far as the system tells them: those outside of its PID namespace
// are not seen.
func Ancestors() (pids []int) {
	const most = 1000 // a PID may be reused while they are read, which could close a circle
	pid := int32(os.Getpid())
	for range most {
		p, err := process.NewProcess(pid)
		if err != nil {
			return pids
		}
		parent, err := p.Ppid()
		if err != nil || parent <= 0 || parent == pid {
			return pids
		}
		pid = parent
		pids = append(pids, int(pid))
	}
	return pids
}
