package netlab

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"

	"porthole/internal/osthread"
)

// available says what is missing for a lab, as an [UnavailableError].
func available() error {
	if os.Geteuid() != 0 {
		return &UnavailableError{"making network namespaces needs root"}
	}
	if _, err := os.Stat(tunPath); err != nil {
		return &UnavailableError{fmt.Sprintf("no TUN devices: %v", err)}
	}
	for _, tool := range []struct{ name, debian string }{
		{"ip", "iproute2"}, {"tc", "iproute2"}, {"nft", "nftables"}, {"nsenter", "util-linux"},
	} {
		if _, err := exec.LookPath(tool.name); err != nil {
			return &UnavailableError{fmt.Sprintf("%s is not installed (Debian package %s)", tool.name, tool.debian)}
		}
	}
	return nil
}

// newNamespace makes an empty network namespace that lives as long as its
// handle.
func newNamespace(name string, addrs []netip.Addr) (*Namespace, error) {
	n := &Namespace{name: name, addrs: addrs}
	err := osthread.Do(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("new network namespace: %w", err)
		}
		var err error
		n.handle, err = os.Open("/proc/thread-self/ns/net")
		return err
	})
	if errors.Is(err, fs.ErrPermission) { // root of a container, perhaps
		return nil, &UnavailableError{err.Error()}
	}
	if err != nil {
		return nil, err
	}
	return n, nil
}

// enter calls f on a thread inside the namespace of handle.
func enter(handle *os.File, f func() error) error {
	return osthread.Do(func() error {
		if err := unix.Setns(int(handle.Fd()), unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("netlab: enter the namespace: %w", err)
		}
		return f()
	})
}
