package scanner

import (
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// prepareDial puts off the choice of a port until the destination is known.
// [net.Dialer.DialTCP] binds each socket, to any address if it is given none, which
// would take a port for every destination.
func prepareDial(network string, c syscall.RawConn) error {
	if network[:3] != "tcp" {
		return nil
	}
	var err error
	cerr := c.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	})
	if cerr != nil {
		return cerr
	}
	return os.NewSyscallError("IP_BIND_ADDRESS_NO_PORT", err)
}

// hearErrors has nothing to do: a connected UDP socket reports ICMP errors.
func hearErrors(conn *net.UDPConn, err error) (*net.UDPConn, error) { return conn, err }
