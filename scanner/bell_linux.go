package scanner

import (
	"os"

	"golang.org/x/sys/unix"
)

// bell wakes a worker that waits for events. It is an eventfd in the worker's
// epoll instance (eventfd(2)).
type bell struct{ fd int }

func (b *bell) open(epoll int) error {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return os.NewSyscallError("eventfd", err)
	}
	b.fd = fd
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: bellPlace}
	if err := unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, fd, &event); err != nil {
		unix.Close(fd)
		return os.NewSyscallError("epoll_ctl", err)
	}
	return nil
}

func (b *bell) ring() {
	one := [8]byte{0: 1, 7: 1} // not zero in either byte order
	_, _ = unix.Write(b.fd, one[:])
}

func (b *bell) quiet() {
	var count [8]byte
	_, _ = unix.Read(b.fd, count[:])
}

func (b *bell) close() { unix.Close(b.fd) }
