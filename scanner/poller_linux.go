package scanner

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// poller tells which of many sockets have connected, or failed to: an epoll instance
// (epoll(7)).
type poller struct {
	fd     int
	events [eventRoom]unix.EpollEvent
	ready  [eventRoom]int
}

func newPoller() (*poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	return &poller{fd: fd}, nil
}

// watchConnect adds a socket that connects. It is in until it is closed.
func (p *poller) watchConnect(fd int) error { return p.watch(fd) }

// watchRead adds a descriptor that is to be read from.
func (p *poller) watchRead(fd int) error { return p.watch(fd) }

// watch watches for every event: only what somebody waits for happens.
func (p *poller) watch(fd int) error {
	if e := rawWatch(p.fd, fd, int32(fd)); e != 0 {
		return os.NewSyscallError("epoll_ctl", e)
	}
	return nil
}

// wait waits for events, at most for timeout, and returns the descriptors that have
// some. If they are [eventRoom], there may be more.
func (p *poller) wait(timeout time.Duration) []int {
	n, e := epollWait(p.fd, p.events[:], timeout)
	if e != 0 { // EINTR, most likely: what has come will be seen next time
		return nil
	}
	for i := range n {
		p.ready[i] = int(p.events[i].Fd)
	}
	return p.ready[:n]
}

func (p *poller) close() { unix.Close(p.fd) }
