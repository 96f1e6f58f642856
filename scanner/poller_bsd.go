//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package scanner

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const eventRoom = 512 // events fetched at once

// poller tells which of many sockets have connected, or failed to: a kernel event queue
// (kqueue(2)).
type poller struct {
	fd     int
	events [eventRoom]unix.Kevent_t
	ready  [eventRoom]int
}

func newPoller() (*poller, error) {
	syscall.ForkLock.RLock()
	fd, err := unix.Kqueue()
	if err == nil {
		unix.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, os.NewSyscallError("kqueue", err)
	}
	return &poller{fd: fd}, nil
}

// watchConnect adds a socket that connects. It is in until it is closed.
func (p *poller) watchConnect(fd int) error { return p.watch(fd, unix.EVFILT_WRITE) }

// watchRead adds a descriptor that is to be read from.
func (p *poller) watchRead(fd int) error { return p.watch(fd, unix.EVFILT_READ) }

func (p *poller) watch(fd, filter int) error {
	var change [1]unix.Kevent_t
	unix.SetKevent(&change[0], fd, filter, unix.EV_ADD|unix.EV_CLEAR)
	_, err := unix.Kevent(p.fd, change[:], nil, nil)
	return os.NewSyscallError("kevent", err)
}

// wait waits for events, at most for timeout, and returns the descriptors that have
// some. If they are [eventRoom], there may be more.
func (p *poller) wait(timeout time.Duration) []int {
	spec := unix.NsecToTimespec(int64(max(timeout, 0)))
	n, err := unix.Kevent(p.fd, nil, p.events[:], &spec)
	if err != nil { // EINTR, most likely: what has come will be seen next time
		return nil
	}
	for i := range n {
		p.ready[i] = int(p.events[i].Ident)
	}
	return p.ready[:n]
}

func (p *poller) close() { unix.Close(p.fd) }
