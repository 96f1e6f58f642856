//go:build unix

package scanner

import (
	"errors"
	"net"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// offer offers the connection of a socket to keep, which closes it if it is not taken.
func offer(keep keeper, fd int, addr netip.AddrPort) {
	conn := &keptConn{File: os.NewFile(uintptr(fd), "tcp"), remote: addr}
	if !keep(addr, conn) {
		abortOnClose(fd)
		conn.Close()
	}
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
	_ = raw.Control(func(fd uintptr) { local = net.TCPAddrFromAddrPort(localAddr(int(fd))) })
	return local
}

// abortOnClose makes close send RST, which leaves no TIME_WAIT behind that
// would spend an ephemeral port for a minute.
func abortOnClose(fd int) {
	_ = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
}
