package sockets

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"syscall"

	pscommon "github.com/shirou/gopsutil/v3/common"
	psnet "github.com/shirou/gopsutil/v3/net"
	"golang.org/x/sys/unix"
)

// thisMachine reads Linux through /proc.
func thisMachine() system { return procSystem("/proc") }

// procSystem reads a machine through the proc filesystem mounted at root.
func procSystem(root string) system {
	netns := inodeOf(filepath.Join(root, "self/ns/net"))
	table := gopsutil{
		connections: func(ctx context.Context, holders bool) ([]psnet.ConnectionStat, []error, error) {
			return connections(ctx, root, holders, psnet.ConnectionsWithoutUidsWithContext)
		},
	}
	people := &users{}
	return system{
		rows: func(ctx context.Context, want want) ([]row, []error, error) {
			rows, warnings, err := table.rows(ctx, want)
			for i := range rows {
				rows[i].NetNS = netns
			}
			completeByDescriptor(rows, root)
			return rows, warnings, err
		},
		describe: func(ctx context.Context, pid int) (Process, error) {
			return describeProc(withProc(ctx, root), root, pid, people)
		},
		unseen:            func() Hidden { return unseen(root) },
		firstUnprivileged: func() (uint16, error) { return firstUnprivileged(root) },
	}
}

// errUnsettled is the warning when processes end faster than gopsutil walks.
var errUnsettled = errors.New("sockets: processes kept ending while they were read; this list has no holders, try again")

// connections calls gopsutil until no process ended under its hands: it gives
// the whole table up for one ESRCH. If that does not come about, rows without
// holders are better than none.
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

// completeByDescriptor takes the inode and the owner of each socket from the
// descriptor that gopsutil found it under. It opens a process's descriptors
// once: looking a socket up from there costs a third of the whole path.
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

// inodeOf gives 0 for what cannot be read.
func inodeOf(path string) uint64 {
	var st unix.Stat_t
	if unix.Stat(path, &st) != nil {
		return 0
	}
	return st.Ino
}

// Inodes of the first PID and user namespace: PROC_PID_INIT_INO and
// PROC_USER_INIT_INO of linux/proc_ns.h.
const (
	initPIDNamespace  = 0xEFFFFFFC
	initUserNamespace = 0xEFFFFFFD
)

// unseen tells what keeps this process from finding every holder. Looking
// into another's descriptors takes CAP_SYS_PTRACE in that one's user
// namespace (ptrace(2), PTRACE_MODE_READ_FSCREDS); a process outside of this
// PID namespace is not in /proc at all.
func unseen(root string) Hidden {
	if !hasCapability(unix.CAP_SYS_PTRACE) {
		return HiddenPermission
	}
	if ns := inodeOf(filepath.Join(root, "self/ns/pid")); ns != 0 && ns != initPIDNamespace {
		return HiddenOtherPIDNamespace
	}
	if ns := inodeOf(filepath.Join(root, "self/ns/user")); ns != 0 && ns != initUserNamespace {
		return HiddenPermission
	}
	return NotHidden
}

// hasCapability asks whether this thread has c in its effective set.
func hasCapability(c uint) bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData // version 3 writes two words
	if unix.Capget(&header, &data[0]) != nil {
		return false
	}
	return data[c/32].Effective&(1<<(c%32)) != 0
}

// firstUnprivileged reads net.ipv4.ip_unprivileged_port_start of this network
// namespace, which rules IPv6 too. Linux before 4.11 has none.
func firstUnprivileged(root string) (uint16, error) {
	path := filepath.Join(root, "sys/net/ipv4/ip_unprivileged_port_start")
	text, err := readSmall(path)
	if errors.Is(err, syscall.ENOENT) {
		return defaultFirstUnprivileged, nil
	}
	if err != nil {
		return defaultFirstUnprivileged, err
	}
	first, err := parsePortStart(text)
	if err != nil {
		return defaultFirstUnprivileged, fmt.Errorf("%s: %w", path, err)
	}
	return first, nil
}
