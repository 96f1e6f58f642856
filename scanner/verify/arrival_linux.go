package verify

import (
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// sinceData is how long ago the last data came on a TCP connection
// (tcpi_last_data_recv of linux/tcp.h), 0 if that is not known.
func sinceData(conn net.Conn) (since time.Duration) {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return 0
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Control(func(fd uintptr) {
		if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			since = time.Duration(info.Last_data_recv) * time.Millisecond
		}
	})
	return since
}
