package netlab

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// server is a thread that attends to all listeners of a side.
type server struct {
	poll, wake int
	done       chan error // has the thread's error at its end

	mu      sync.Mutex
	sockets map[int]socket // by descriptor; all of the server's
	held    int            // those of them that are connections
	most    int            // that many may be
}

// socket is what the server knows of a descriptor.
type socket struct {
	kind  kind
	reply []byte // of a responder; nil to echo
}

// kind says what an event of a socket asks for.
type kind uint8

const (
	waker kind = iota
	listener
	connection
	responder
)

// holdAtMost is how many connections stay open until the other end closes;
// beyond that any one of them makes room, so that a scanner that closes none
// does not use up the descriptors.
const holdAtMost = 4096

func newServer() (*server, error) {
	poll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		unix.Close(poll)
		return nil, os.NewSyscallError("eventfd", err)
	}
	s := &server{poll: poll, wake: wake, done: make(chan error, 1), sockets: map[int]socket{}, most: holdAtMost}
	if err := s.add(map[int]socket{wake: {kind: waker}}); err != nil {
		unix.Close(wake)
		unix.Close(poll)
		return nil, err
	}
	go func() { s.done <- s.run() }()
	return s, nil
}

// add watches sockets and owns them from then on. If it fails it owns none.
func (s *server) add(sockets map[int]socket) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for fd := range sockets {
		event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}
		if err := unix.EpollCtl(s.poll, unix.EPOLL_CTL_ADD, fd, &event); err != nil {
			for fd := range sockets {
				delete(s.sockets, fd)
			}
			return os.NewSyscallError("epoll_ctl", err)
		}
		s.sockets[fd] = sockets[fd]
	}
	return nil
}

// close ends the thread, waits for it and closes every socket.
func (s *server) close() error {
	_, err := unix.Write(s.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	errs := []error{err, <-s.done}
	for fd := range s.sockets {
		errs = append(errs, unix.Close(fd))
	}
	return errors.Join(append(errs, unix.Close(s.poll))...)
}

// run attends to events until the waker has one.
func (s *server) run() error {
	events := make([]unix.EpollEvent, 256)
	buf := make([]byte, 1<<16)
	for {
		n, err := unix.EpollWait(s.poll, events, -1)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return fmt.Errorf("netlab: wait for connections: %w", err)
		}
		for _, event := range events[:n] {
			stop, err := s.attend(int(event.Fd), buf)
			if stop || err != nil {
				return err
			}
		}
	}
}

// attend does what the event of a socket asks for. An event of a connection
// that was closed since is none of its business: such a descriptor is unknown,
// or that of a newer connection, which has nothing to read.
func (s *server) attend(fd int, buf []byte) (stop bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sock, ok := s.sockets[fd]
	switch {
	case !ok:
		return false, nil
	case sock.kind == waker:
		return true, nil
	case sock.kind == listener:
		return false, s.accept(fd)
	case sock.kind == connection:
		s.discard(fd, buf)
	case sock.kind == responder:
		respond(fd, sock.reply, buf)
	}
	return false, nil
}

// accept takes all connections that wait at a listener.
func (s *server) accept(fd int) error {
	for {
		conn, _, err := unix.Accept4(fd, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		switch {
		case errors.Is(err, unix.EAGAIN):
			return nil
		case errors.Is(err, unix.EINTR), errors.Is(err, unix.ECONNABORTED):
			continue
		case errors.Is(err, unix.EMFILE) && s.held > 0:
			s.makeRoom()
			continue
		case err != nil:
			return fmt.Errorf("netlab: accept a connection: %w", err)
		}
		if s.held >= s.most {
			s.makeRoom()
		}
		event := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLRDHUP, Fd: int32(conn)}
		if err := unix.EpollCtl(s.poll, unix.EPOLL_CTL_ADD, conn, &event); err != nil {
			unix.Close(conn)
			return fmt.Errorf("netlab: watch a connection: %w", err)
		}
		s.sockets[conn] = socket{kind: connection}
		s.held++
	}
}

// makeRoom closes any one connection.
func (s *server) makeRoom() {
	for fd, sock := range s.sockets {
		if sock.kind == connection {
			s.hangUp(fd)
			return
		}
	}
}

func (s *server) hangUp(fd int) {
	unix.Close(fd)
	delete(s.sockets, fd)
	s.held--
}

// discard reads what came, and hangs up if the other end did.
func (s *server) discard(fd int, buf []byte) {
	n, err := unix.Read(fd, buf)
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR) {
		return
	}
	if n <= 0 || err != nil {
		s.hangUp(fd)
	}
}

// respond answers the datagrams that wait at a UDP socket. The control message
// with the address that was asked (IP_PKTINFO in ip(7), IPV6_PKTINFO in RFC
// 3542) is, given back as it came, an order to answer from there.
func respond(fd int, reply, buf []byte) {
	control := make([]byte, 128)
	for {
		n, c, _, from, err := unix.Recvmsg(fd, buf, control, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return // nothing more, or an ICMP error for an earlier answer
		}
		answer := reply
		if answer == nil {
			answer = buf[:n]
		}
		// An answer that does not fit is lost, as any datagram may be.
		_ = unix.Sendmsg(fd, answer, control[:c], from, unix.MSG_DONTWAIT)
	}
}
