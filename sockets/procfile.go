package sockets

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// parseStartTicks takes field 22, starttime, from the text of /proc/pid/stat
// (proc_pid_stat(5)). Field 2 is the name in parentheses and may hold spaces
// and parentheses of its own, so that counting begins after the last one.
func parseStartTicks(stat string) (uint64, error) {
	end := strings.LastIndexByte(stat, ')')
	if end < 0 {
		return 0, errors.New("no name in stat")
	}
	const starttime = 22 - 3 // the first field after the name is number 3
	fields := strings.Fields(stat[end+1:])
	if len(fields) <= starttime {
		return 0, fmt.Errorf("stat has %d fields after the name, too few for a start time", len(fields))
	}
	ticks, err := strconv.ParseUint(fields[starttime], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("start time in stat: %w", err)
	}
	return ticks, nil
}

// parseUID takes the effective uid from the text of /proc/pid/status, where
// the line is "Uid:" and the real, effective, saved and filesystem uid. The
// name, in the first line, cannot forge one: its newlines are escaped.
func parseUID(status string) (int, error) {
	_, line, found := strings.Cut(status, "\nUid:")
	if !found {
		return 0, errors.New("no uid in status")
	}
	line, _, _ = strings.Cut(line, "\n")
	fields := strings.Fields(line)
	if len(fields) < 2 {
		return 0, fmt.Errorf("status has %d uids, want 4", len(fields))
	}
	uid, err := strconv.ParseUint(fields[1], 10, 32)
	if err != nil {
		return 0, fmt.Errorf("uid in status: %w", err)
	}
	return int(uid), nil
}

// fullName undoes the cut of /proc/pid/comm at 15 bytes (TASK_COMM_LEN of
// linux/sched.h) where the executable or the first argument, which begin with
// the name, show the rest.
func fullName(comm, exe string, cmdline []string) string {
	const cut = 15
	if len(comm) < cut {
		return comm
	}
	whole := []string{strings.TrimSuffix(exe, " (deleted)")}
	if len(cmdline) > 0 {
		whole = append(whole, cmdline[0])
	}
	for _, path := range whole {
		if name := filepath.Base(path); len(name) > len(comm) && strings.HasPrefix(name, comm) {
			return name
		}
	}
	return comm
}

// parsePortStart reads net.ipv4.ip_unprivileged_port_start: 0 to 65535.
func parsePortStart(text string) (uint16, error) {
	first, err := strconv.ParseUint(strings.TrimSpace(text), 10, 16)
	if err != nil {
		return 0, fmt.Errorf("bad port %q", text)
	}
	return uint16(first), nil
}
