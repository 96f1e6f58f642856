package scanner

import (
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// syscalls are the system calls that the engine makes, as raw calls: none of them
// blocks except wait, and raw ones skip the runtime's bookkeeping. A table of functions
// costs two nanoseconds per call and lets tests make any of them fail.
type syscalls struct {
	socket   func(domain, kind int) (int, syscall.Errno)
	connect  func(fd int, addr *unix.RawSockaddrInet6, size uint32) syscall.Errno
	close    func(fd int)
	watch    func(epoll, fd int, slot int32) syscall.Errno
	forget   func(epoll, fd int)
	wait     func(epoll int, events []unix.EpollEvent, timeout time.Duration) (int, syscall.Errno)
	hearICMP func(fd, domain int) syscall.Errno
	icmp     func(fd int, buffer []byte) (icmpError, bool)
	noSource func(to *sockaddr) bool
	send     func(fd int, data []byte, to *sockaddr) syscall.Errno
}

func linuxSyscalls() syscalls {
	return syscalls{
		socket:   rawSocket,
		connect:  rawConnect,
		close:    rawClose,
		watch:    rawWatch,
		forget:   rawForget,
		wait:     epollWait,
		hearICMP: hearICMP,
		icmp:     readErrorQueue,
		noSource: noSource,
		send:     rawSend,
	}
}

func rawSocket(domain, kind int) (int, syscall.Errno) {
	fd, _, e := unix.RawSyscall(unix.SYS_SOCKET, uintptr(domain), uintptr(kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC), 0)
	return int(fd), e
}

func rawConnect(fd int, addr *unix.RawSockaddrInet6, size uint32) syscall.Errno {
	_, _, e := unix.RawSyscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(addr)), uintptr(size))
	return e
}

func rawClose(fd int) { unix.RawSyscall(unix.SYS_CLOSE, uintptr(fd), 0, 0) }

// rawWatch adds fd to an epoll instance, edge-triggered, for every event.
func rawWatch(epoll, fd int, slot int32) syscall.Errno {
	event := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLET&0xffffffff, Fd: slot}
	_, _, e := unix.RawSyscall6(unix.SYS_EPOLL_CTL, uintptr(epoll), unix.EPOLL_CTL_ADD, uintptr(fd), uintptr(unsafe.Pointer(&event)), 0, 0)
	return e
}

// rawForget takes fd out of an epoll instance.
func rawForget(epoll, fd int) {
	var event unix.EpollEvent
	unix.RawSyscall6(unix.SYS_EPOLL_CTL, uintptr(epoll), unix.EPOLL_CTL_DEL, uintptr(fd), uintptr(unsafe.Pointer(&event)), 0, 0)
}

func rawOption(fd, level, name, value int) syscall.Errno {
	v := int32(value)
	_, _, e := unix.RawSyscall6(unix.SYS_SETSOCKOPT, uintptr(fd), uintptr(level), uintptr(name), uintptr(unsafe.Pointer(&v)), unsafe.Sizeof(v), 0)
	return e
}

// rawSend sends to an address, or to the one that fd is connected to if to is
// nil.
func rawSend(fd int, data []byte, to *sockaddr) syscall.Errno {
	var addr unsafe.Pointer
	var size uint32
	if to != nil {
		addr, size = unsafe.Pointer(&to.raw), to.size
	}
	_, _, e := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(data))), uintptr(len(data)), unix.MSG_NOSIGNAL, uintptr(addr), uintptr(size))
	return e
}

// epollWait waits for events, at most for timeout. Asking without waiting is a
// raw call; waiting tells the runtime, so that other goroutines may run.
func epollWait(epoll int, events []unix.EpollEvent, timeout time.Duration) (int, syscall.Errno) {
	fd, count := uintptr(epoll), uintptr(len(events))
	if timeout <= 0 {
		n, _, e := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, fd, uintptr(unsafe.Pointer(&events[0])), count, 0, 0, 0)
		return int(n), e
	}
	spec := [2]int64{int64(timeout / time.Second), int64(timeout % time.Second)} // struct __kernel_timespec
	n, _, e := unix.Syscall6(unix.SYS_EPOLL_PWAIT2, fd, uintptr(unsafe.Pointer(&events[0])), count, uintptr(unsafe.Pointer(&spec)), 0, 0)
	if e == unix.ENOSYS || e == unix.EPERM { // before Linux 5.11; a sandbox from before that
		ms := (timeout + time.Millisecond - 1) / time.Millisecond
		n, _, e = unix.Syscall6(unix.SYS_EPOLL_PWAIT, fd, uintptr(unsafe.Pointer(&events[0])), count, uintptr(ms), 0, 0)
	}
	return int(n), e
}

// noSource reports whether this machine has no address from which to reach to. It
// connects a UDP socket, which chooses an address and sends nothing; the lack of a free
// UDP port would be EAGAIN, not EADDRNOTAVAIL.
func noSource(to *sockaddr) bool {
	fd, e := rawSocket(int(to.raw.Family), unix.SOCK_DGRAM)
	if e != 0 {
		return false
	}
	defer rawClose(fd)
	return rawConnect(fd, &to.raw, to.size) == unix.EADDRNOTAVAIL
}
