package sockets

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// A network namespace lives on while there is a socket in it, even without a process, a
// name or an open file. The BPF iterator over descriptors tells the namespace of each
// socket. Without it, each socket that is in none of the tables that were read is taken
// by pidfd_getfd(2), which opens nothing, and asked for its namespace.

// maxAskedSockets is the number of sockets that are asked at most.
const maxAskedSockets = 1 << 16

// unmatched are descriptors of sockets without a row, which may be in a namespace that
// is not known yet.
type unmatched struct {
	wanted bool // whether they are looked for
	seen   map[uint64]struct{}
	list   []descriptor
}

func (s *unmatched) add(inode uint64, d descriptor) {
	if !s.wanted || len(s.list) > maxAskedSockets {
		return
	}
	if _, ok := s.seen[inode]; ok { // another process has it, too
		return
	}
	if s.seen == nil {
		s.seen = make(map[uint64]struct{})
	}
	s.seen[inode] = struct{}{}
	s.list = append(s.list, d)
}

// mayAskSockets reports whether this user may take the sockets of others, and enter the
// namespaces that they are in.
func mayAskSockets() bool {
	return hasCapability(unix.CAP_SYS_PTRACE) && hasCapability(unix.CAP_SYS_ADMIN)
}

// namespacesOf finds the network namespaces of sockets, with one of the sockets for
// each. The error says how many could not be asked.
func namespacesOf(ctx context.Context, list []descriptor) (map[uint64]descriptor, error) {
	found := make(map[uint64]descriptor)
	cookies := make(map[uint64]bool)
	refused := 0
	process, pid := -1, 0
	defer func() { closeIfOpen(process) }()
	for _, d := range list[:min(len(list), maxAskedSockets)] {
		if ctx.Err() != nil {
			return found, nil // rows returns that error
		}
		if d.pid != pid {
			closeIfOpen(process)
			var err error
			if process, err = unix.PidfdOpen(d.pid, 0); isShortage(err) {
				return found, incomplete("sockets could not be asked for their network namespaces: %w", err)
			}
			pid = d.pid
		}
		if process < 0 {
			continue // it has ended
		}
		inode, err := namespaceOf(process, d.fd, cookies)
		switch {
		case isShortage(err):
			return found, incomplete("sockets could not be asked for their network namespaces: %w", err)
		case errors.Is(err, unix.ENOSYS): // before Linux 5.6
			return found, nil
		case errors.Is(err, unix.EPERM):
			refused++
		case err == nil && inode != 0:
			found[inode] = d
		}
	}
	switch left := len(list) - maxAskedSockets; {
	case left > 0:
		return found, incomplete("%d or more sockets were not asked for their network namespaces: one that nothing but a socket keeps may be missing", left)
	case refused > 0:
		return found, fmt.Errorf("sockets: %d sockets may not be asked for their network namespaces: one that nothing but a socket keeps may be missing", refused)
	}
	return found, nil
}

func closeIfOpen(fd int) {
	if fd >= 0 {
		unix.Close(fd)
	}
}

// namespaceOf takes a descriptor from a process and, if it is a socket, asks for its
// network namespace. cookies are those of the namespaces that are known (Linux 5.14):
// for these it returns 0, and it adds any other.
func namespaceOf(process, fd int, cookies map[uint64]bool) (inode uint64, err error) {
	socket, err := unix.PidfdGetfd(process, fd, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(socket)
	cookie, err := unix.GetsockoptUint64(socket, unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
	switch {
	case errors.Is(err, unix.ENOTSOCK): // the descriptor is another file by now
		return 0, err
	case err == nil && cookies[cookie]:
		return 0, nil
	}
	ns, err := socketNamespace(socket)
	if err != nil {
		return 0, err
	}
	defer unix.Close(ns)
	var st unix.Stat_t
	if err := unix.Fstat(ns, &st); err != nil {
		return 0, err
	}
	if cookie != 0 {
		cookies[cookie] = true
	}
	return st.Ino, nil
}

// socketNamespace opens the network namespace of a socket. It takes CAP_NET_ADMIN
// there. The error is unix.ENOTSOCK if it is not a socket.
func socketNamespace(socket int) (fd int, err error) {
	var st unix.Stat_t
	if err := unix.Fstat(socket, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFSOCK {
		return -1, unix.ENOTSOCK // to a device the request below may mean anything
	}
	return unix.IoctlRetInt(socket, unix.SIOCGSKNS)
}
