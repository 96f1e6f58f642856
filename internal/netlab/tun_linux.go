package netlab

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

const tunPath = "/dev/net/tun"

// openTUN makes the TUN device of a namespace and returns its file descriptor,
// which does not block. Each read takes, and each write hands over, one IP
// packet without a header before it (linux/if_tun.h). The device goes with its
// descriptor.
func openTUN(n *Namespace) (fd int, err error) {
	err = n.Do(func() error {
		fd, err = unix.Open(tunPath, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err != nil {
			return &UnavailableError{(&os.PathError{Op: "open", Path: tunPath, Err: err}).Error()}
		}
		req, err := unix.NewIfreq(device)
		if err != nil {
			return err
		}
		req.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, req); err != nil {
			unix.Close(fd)
			return fmt.Errorf("make the TUN device of the %s side: %w", n.name, err)
		}
		return nil
	})
	return fd, err
}
