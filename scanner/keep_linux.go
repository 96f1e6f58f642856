package scanner

import (
	"errors"
	"net"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// handOver offers the connection of s to [Scanner.Keep]. It reports false if there is
// no Keep; else s has no socket any more, whether the connection was taken or not.
func (w *worker) handOver(s *socket) bool {
	if w.scan.cfg.keep == nil || s.once {
		return false
	}
	if s.watched {
		w.sys.forget(w.epoll, s.fd)
		s.watched = false
	}
	addr := s.to.addrPort()
	conn := &keptConn{File: os.NewFile(uintptr(s.fd), "tcp"), remote: addr}
	if !w.scan.cfg.keep(addr, conn) {
		abortOnClose(s.fd)
		conn.Close()
	}
	*s = socket{}
	return true
}

// keptConn is a connected socket of the engine as a [net.Conn]. An [os.File] lacks
// only the addresses. [net.FileConn] would duplicate the descriptor, which takes as
// long as making a new connection.
type keptConn struct {
	*os.File
	remote netip.AddrPort
}

// Read reads as a connection does.
func (c *keptConn) Read(b []byte) (int, error) {
	n, err := c.File.Read(b)
	return n, c.netError("read", err)
}

// Write writes as a connection does.
func (c *keptConn) Write(b []byte) (int, error) {
	n, err := c.File.Write(b)
	return n, c.netError("write", err)
}

// netError turns an error of the file into a [net.Error]: crypto/tls ends the session
// if a deadline passes and the error is not one.
func (c *keptConn) netError(op string, err error) error {
	if failed, ok := errors.AsType[*os.PathError](err); ok {
		return &net.OpError{Op: op, Net: "tcp", Addr: c.RemoteAddr(), Err: failed.Err}
	}
	return err
}

// RemoteAddr returns the address that was asked.
func (c *keptConn) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(c.remote) }

// LocalAddr returns this end's address, or an empty one after Close.
func (c *keptConn) LocalAddr() net.Addr {
	local := new(net.TCPAddr)
	raw, err := c.SyscallConn()
	if err != nil {
		return local
	}
	_ = raw.Control(func(fd uintptr) {
		switch from, _ := unix.Getsockname(int(fd)); a := from.(type) {
		case *unix.SockaddrInet4:
			local = &net.TCPAddr{IP: a.Addr[:], Port: a.Port}
		case *unix.SockaddrInet6:
			local = &net.TCPAddr{IP: a.Addr[:], Port: a.Port}
		}
	})
	return local
}
