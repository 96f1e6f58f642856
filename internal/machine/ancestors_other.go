//go:build !linux

package machine

import "github.com/shirou/gopsutil/v3/process"

// parentOf is the PID of the process that started another; 0 if it is not known.
func parentOf(pid int) int {
	p, err := process.NewProcess(int32(pid))
	if err != nil {
		return 0
	}
	parent, err := p.Ppid()
	if err != nil {
		return 0
	}
	return int(parent)
}
