package sockets

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"syscall"

	pscommon "github.com/shirou/gopsutil/v3/common"
	psnet "github.com/shirou/gopsutil/v3/net"
	"golang.org/x/sys/unix"
)

// openGopsutil reads Linux through gopsutil, which parses /proc/net and walks over
// /proc/PID/fd. Its processes are read by our own describe, whose names are whole.
func openGopsutil() source { return gopsutilOf("/proc", true) }

// gopsutilOf reads the proc filesystem at root, or a copy of one that is not live.
func gopsutilOf(root string, live bool) source {
	p := newProcesses(procFS{root: root, live: live})
	return &gopsutilSource{
		table: gopsutil{
			connections: func(ctx context.Context, holders bool) ([]psnet.ConnectionStat, []error, error) {
				return connections(ctx, root, holders, psnet.ConnectionsWithoutUidsWithContext)
			},
		},
		process: func(_ context.Context, pid int) (Process, error) { return p.describe(pid) },
		people:  p.people,
		blocked: func() Hidden { return p.whyUnreadable(!hasCapability(unix.CAP_SYS_PTRACE)) },
		first:   func() (uint16, error) { return firstUnprivileged(root) },
		amend: func(rows []row) {
			netns := inodeOf(filepath.Join(root, "self/ns/net"))
			for i := range rows {
				rows[i].NetNS = netns
			}
			completeByDescriptor(rows, root)
		},
	}
}

// errUnsettled is the warning when processes end faster than gopsutil walks.
var errUnsettled = incomplete("processes kept ending while they were read; this list has no holders, try again")

// connections calls gopsutil until no process ends while it walks: a single ESRCH makes
// it give up the whole table. If it never succeeds, rows without holders are better than
// none.
func connections(
	ctx context.Context, root string, holders bool,
	call func(ctx context.Context, kind string) ([]psnet.ConnectionStat, error),
) ([]psnet.ConnectionStat, []error, error) {
	const attempts = 8
	if holders {
		for range attempts {
			conns, err := call(withProc(ctx, root), "inet")
			if !errors.Is(err, syscall.ESRCH) || ctx.Err() != nil {
				return conns, nil, err
			}
		}
	}
	// Under /proc/self gopsutil finds the tables but no processes to walk.
	conns, err := call(withProc(ctx, filepath.Join(root, "self")), "inet")
	if holders && err == nil {
		return conns, []error{errUnsettled}, nil
	}
	return conns, nil, err
}

// withProc makes gopsutil read the proc filesystem at root, whatever
// $HOST_PROC says, so that all parts of a row come from one place.
func withProc(ctx context.Context, root string) context.Context {
	return context.WithValue(ctx, pscommon.EnvKey, pscommon.EnvMap{pscommon.HostProcEnvKey: root})
}

// completeByDescriptor takes the inode and the owner of each socket from the descriptor
// that gopsutil found it by. It opens the folder of a process's descriptors once, since
// a lookup from there costs a third of one by the whole path.
func completeByDescriptor(rows []row, root string) {
	byPID := make(map[int][]*row)
	for i := range rows {
		if pids := rows[i].pids; len(pids) > 0 {
			byPID[pids[0]] = append(byPID[pids[0]], &rows[i])
		}
	}
	for pid, held := range byPID {
		dir, err := unix.Open(filepath.Join(root, strconv.Itoa(pid), "fd"), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			continue // ended since
		}
		for _, r := range held {
			var st unix.Stat_t
			err := unix.Fstatat(dir, strconv.FormatUint(uint64(r.fd), 10), &st, 0)
			if err == nil && st.Mode&unix.S_IFMT == unix.S_IFSOCK {
				r.Inode, r.UID = st.Ino, int(st.Uid)
			}
		}
		unix.Close(dir)
	}
}
