package scanner

import (
	"net"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// handOver offers the connection of s to the caller who keeps such, if there is
// one. Then s has no socket any more, whether it was taken or not.
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

// keptConn is a connected socket of the engine as a [net.Conn]. A file does all
// that one does but to know its addresses; net.FileConn would duplicate the
// descriptor, which takes as long as to make a new connection.
type keptConn struct {
	*os.File
	remote netip.AddrPort
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
