package machine

import "os"

// Ancestors are the PIDs of the processes that started this one, the closest
// first, as far as the system tells them: those outside of its PID namespace
// are not seen.
func Ancestors() (pids []int) {
	const most = 1000 // a PID may be reused while they are read, which could close a circle
	pid := os.Getpid()
	for range most {
		parent := parentOf(pid)
		if parent <= 0 || parent == pid {
			return pids
		}
		pid = parent
		pids = append(pids, pid)
	}
	return pids
}
