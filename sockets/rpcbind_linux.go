package sockets

import (
	"context"
	"net"
	"path"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"porthole/internal/netlink"
)

const (
	rpcbindSocket  = "/run/rpcbind.sock" // _PATH_RPCBINDSOCK of libtirpc
	rpcbindTimeout = 500 * time.Millisecond
)

// nameByRPCBind asks rpcbind for the kernel's RPC services among rows of the caller's
// network namespace: what the kernel serves on a port of its own choice is registered
// there, and shown nowhere else. Only rows that no process can hold are named. all are
// the rows of the list, which show whether rpcbind runs: connecting to a socket that
// systemd keeps for it would start it.
func nameByRPCBind(ctx context.Context, rows []*row, all []row, socket string) {
	rows = slices.DeleteFunc(slices.Clone(rows), func(r *row) bool { return r.Hidden != HiddenNoOwner })
	if len(rows) == 0 {
		return
	}
	runs := slices.ContainsFunc(all, func(r row) bool { return r.netns == rows[0].netns && r.isRPCBind() })
	if !runs || !listensHere(ctx, socket) {
		return
	}
	services, err := askRPCBind(ctx, socket)
	if err != nil {
		return
	}
	nameByRPC(rows, kernelServices(services))
}

// isRPCBind reports whether a running rpcbind has the socket.
func (r *row) isRPCBind() bool {
	const port = 111
	return r.Local.Port() == port && r.State.Waits() && slices.ContainsFunc(r.Processes, func(p Process) bool {
		return path.Base(p.Exe) == "rpcbind" || p.Name == "rpcbind"
	})
}

// listensHere reports whether the socket at a path listens in the network namespace of
// the calling thread. Connecting alone would not tell: a Unix socket is reached from
// every namespace that shares the file system.
func listensHere(ctx context.Context, path string) bool {
	var st unix.Stat_t
	if unix.Lstat(path, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFSOCK {
		return false
	}
	const minorBits = 20 // MINORBITS of linux/kdev_t.h
	device := uint64(st.Dev)
	wanted := socketFile{uint32(st.Ino), unix.Major(device)<<minorBits | unix.Minor(device)}
	conn, err := netlink.Dial(netlink.SockDiag)
	if err != nil {
		return false
	}
	defer conn.Close()
	found := false
	request := netlink.Request{Type: unix.SOCK_DIAG_BY_FAMILY, Body: unixListenersRequest()}
	conn.Dump(ctx, request, func(m netlink.Message) error {
		file, ok, err := parseUnixListener(m.Body)
		found = found || ok && file == wanted
		return err
	})
	return found
}

// askRPCBind asks for all that is registered.
func askRPCBind(ctx context.Context, socket string) (list []rpcService, err error) {
	const xid = 1 // the connection has one question
	err = askDaemon(ctx, socket, rpcbindTimeout, func(conn net.Conn) error {
		if _, err := conn.Write(appendRPCBindDump(nil, xid)); err != nil {
			return err
		}
		answer, err := readRPCRecord(conn, rpcbindMost)
		if err == nil {
			list, err = parseRPCBind(answer, xid)
		}
		return err
	})
	return list, err
}
