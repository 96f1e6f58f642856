package netlab

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"os/exec"
	"runtime"

	"golang.org/x/sys/unix"
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
	err := onThread(func() error {
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
	return onThread(func() error {
		if err := unix.Setns(int(handle.Fd()), unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("netlab: enter the namespace: %w", err)
		}
		return f()
	})
}

// onThread calls f on a thread that nothing else uses and that ends with it,
// so that no goroutine can ever meet a thread in the wrong namespace.
func onThread(f func() error) error {
	done := make(chan error, 1)
	go func() {
		// Stays if f ends the goroutine, as a test's FailNow does.
		err := errors.New("netlab: the function ended without returning")
		defer func() { done <- err }()
		runtime.LockOSThread() // for ever: the thread ends with the goroutine
		if unix.Gettid() == unix.Getpid() {
			// The main thread cannot end, and /proc/self shows its namespace.
			// While it is held here, the next goroutine gets another one.
			err = onThread(f)
			runtime.UnlockOSThread()
			return
		}
		err = f()
	}()
	return <-done
}
