//go:build unix

package scanner

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// pipe wakes up a goroutine that waits with a poller.
type pipe struct{ read, write int }

func newPipe() (pipe, error) {
	var ends [2]int
	syscall.ForkLock.RLock()
	err := unix.Pipe(ends[:])
	if err == nil {
		unix.CloseOnExec(ends[0])
		unix.CloseOnExec(ends[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return pipe{}, os.NewSyscallError("pipe", err)
	}
	p := pipe{ends[0], ends[1]}
	for _, fd := range ends {
		if err := unix.SetNonblock(fd, true); err != nil {
			p.close()
			return pipe{}, os.NewSyscallError("fcntl", err)
		}
	}
	return p, nil
}

// signal makes the reading end readable.
func (p pipe) signal() { _, _ = unix.Write(p.write, []byte{0}) }

// reset takes all signals out.
func (p pipe) reset() {
	var room [64]byte
	for {
		if n, err := unix.Read(p.read, room[:]); n < len(room) || err != nil {
			return
		}
	}
}

func (p pipe) close() {
	unix.Close(p.read)
	unix.Close(p.write)
}
