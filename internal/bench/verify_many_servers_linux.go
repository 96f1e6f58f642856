package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// verifyRespond is this program being the ports of a thousand hosts.
const verifyRespond = "verify-respond"

// responder is the servers of all addresses of its namespace, in one thread: they
// share the processors with what is measured, and have to be cheap.
type responder struct {
	epoll   int
	accepts map[int]uint16 // the port of a listener, by descriptor
	ports   []uint16       // that of a connection, by descriptor; 0 for a silent one
	buf     [4096]byte
}

// serverNice is the priority of the servers, as of the link (netlab): they stand for
// other machines, which do not slow down because a scanner computes.
const serverNice = -15

// respond listens on the ports of every address of its namespace, until its
// input ends. An address that ends with 0 accepts connections and is silent.
func respond() error {
	r := responder{accepts: make(map[int]uint16)}
	var err error
	if r.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return os.NewSyscallError("epoll_create1", err)
	}
	for _, port := range manyPorts() {
		if err := r.listen(port); err != nil {
			return err
		}
	}
	failed := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		// Only makes it more punctual, so a refusal is no failure.
		_ = unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), serverNice)
		failed <- r.run()
	}()
	ended := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, os.Stdin)
		ended <- err
	}()
	fmt.Println("ready")
	select {
	case err := <-failed:
		return err
	case err := <-ended:
		return err
	}
}

func (r *responder) listen(port uint16) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Port: int(port)}); err != nil {
		return os.NewSyscallError("bind", err)
	}
	if err := unix.Listen(fd, 1<<16-1); err != nil {
		return os.NewSyscallError("listen", err)
	}
	r.accepts[fd] = port
	return r.watch(fd)
}

func (r *responder) watch(fd int) error {
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(r.epoll, unix.EPOLL_CTL_ADD, fd, &event))
}

func (r *responder) run() error {
	events := make([]unix.EpollEvent, 256)
	for {
		n, err := unix.EpollWait(r.epoll, events, -1)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return os.NewSyscallError("epoll_wait", err)
		}
		for _, event := range events[:max(0, n)] {
			if port, ok := r.accepts[int(event.Fd)]; ok {
				r.accept(int(event.Fd), port)
			} else {
				r.answer(int(event.Fd))
			}
		}
	}
}

// accept takes all connections that wait. SSH greets.
func (r *responder) accept(listener int, port uint16) {
	for {
		fd, _, err := unix.Accept4(listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		if err != nil {
			return // none is left, or it has gone
		}
		for fd >= len(r.ports) {
			r.ports = append(r.ports, 0)
		}
		r.ports[fd] = port
		if local, err := unix.Getsockname(fd); err != nil || silentHost(netip.AddrFrom4(local.(*unix.SockaddrInet4).Addr)) {
			r.ports[fd] = 0
		}
		if r.ports[fd] == 22 {
			r.say(fd, "SSH-2.0-OpenSSH_9.2p1\r\n")
		}
		if r.watch(fd) != nil {
			unix.Close(fd)
		}
	}
}

// answer reads what a client sent, which is a whole request, and answers it.
func (r *responder) answer(fd int) {
	n, err := unix.Read(fd, r.buf[:])
	switch {
	case errors.Is(err, unix.EAGAIN):
	case err != nil || n == 0:
		unix.Close(fd)
	case r.ports[fd] == 80 && bytes.HasPrefix(r.buf[:n], []byte("GET ")):
		r.say(fd, "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi")
		unix.Close(fd)
	case r.ports[fd] == 6379 && r.buf[0] == '*':
		r.say(fd, "-NOAUTH Authentication required.\r\n")
	}
}

// say writes what fits into the empty buffer of a socket.
func (r *responder) say(fd int, text string) { _, _ = unix.Write(fd, []byte(text)) }
