package sockets

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"porthole/internal/osthread"
)

// visit calls f on a thread inside each namespace in turn: see [osthread.Do]. The errors
// are one for each namespace: its own if it could not be entered, else that of f.
func visit(all []netns, f func(i int) error) []error {
	errs := make([]error, len(all))
	_ = osthread.Do(func() error {
		for i, n := range all {
			if errs[i] = enter(n); errs[i] == nil {
				errs[i] = f(i)
			}
		}
		return nil
	})
	return errs
}

// open opens the namespace by its file, or by a socket inside.
func (n netns) open() (fd int, err error) {
	if n.handle != "" {
		return openNamespace(n.handle)
	}
	process, err := unix.PidfdOpen(n.socket.pid, 0)
	if err != nil {
		return -1, err
	}
	defer unix.Close(process)
	socket, err := unix.PidfdGetfd(process, n.socket.fd, 0) // the descriptor itself, whatever it is by now
	if err != nil {
		return -1, err
	}
	defer unix.Close(socket)
	return socketNamespace(socket)
}

// errRefused says that a namespace cannot be entered.
var errRefused = errors.New("entering the network namespace is refused")

func enter(n netns) error {
	fd, err := n.open()
	if isShortage(err) {
		return err
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errRefused, err)
	}
	defer unix.Close(fd)
	if err := unix.Setns(fd, unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("%w: %w", errRefused, err)
	}
	// Meanwhile the process may have moved to another namespace, or its PID been reused.
	var st unix.Stat_t
	if err := unix.Stat("/proc/thread-self/ns/net", &st); err == nil && n.inode != 0 && st.Ino != n.inode {
		return fmt.Errorf("%w: it is gone", errRefused)
	}
	return nil
}
