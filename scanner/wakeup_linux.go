package scanner

import (
	"os"

	"golang.org/x/sys/unix"
)

// wakeup wakes a worker that waits for events. It is an eventfd in the worker's
// epoll instance (eventfd(2)).
type wakeup struct{ fd int }

func (w *wakeup) open(epoll int) error {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return os.NewSyscallError("eventfd", err)
	}
	w.fd = fd
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: wakeupSlot}
	if err := unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, fd, &event); err != nil {
		unix.Close(fd)
		return os.NewSyscallError("epoll_ctl", err)
	}
	return nil
}

func (w *wakeup) signal() {
	one := [8]byte{0: 1, 7: 1} // not zero in either byte order
	_, _ = unix.Write(w.fd, one[:])
}

func (w *wakeup) reset() {
	var count [8]byte
	_, _ = unix.Read(w.fd, count[:])
}

func (w *wakeup) close() { unix.Close(w.fd) }
