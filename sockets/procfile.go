package sockets

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// stat is what is used of /proc/pid/stat (proc_pid_stat(5)).
type stat struct {
	name    string // cut at 15 bytes
	state   ProcessState
	parent  int    // PID; 0 none
	started uint64 // clock ticks since boot
	pages   uint64 // that are resident
}

// parseStat reads fields 2, 3, 4, 22 and, where it is there, 24. Field 2 is the name in parentheses
// and may hold spaces and parentheses of its own, so that counting begins
// after the last one.
func parseStat(text string) (stat, error) {
	start, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if start < 0 || end < start {
		return stat{}, errors.New("no name in stat")
	}
	found := stat{name: text[start+1 : end]}
	field := 3 // the first one after the name
	for text := range strings.FieldsSeq(text[end+1:]) {
		var err error
		switch field {
		case 3:
			found.state = parseProcessState(text)
		case 4:
			var parent uint64
			if parent, err = strconv.ParseUint(text, 10, 31); err != nil {
				return stat{}, fmt.Errorf("parent in stat: %w", err)
			}
			found.parent = int(parent)
		case 22:
			if found.started, err = strconv.ParseUint(text, 10, 64); err != nil {
				return stat{}, fmt.Errorf("start time in stat: %w", err)
			}
		case 24:
			found.pages, _ = strconv.ParseUint(text, 10, 64)
		}
		field++
	}
	if field > 22 {
		return found, nil
	}
	return stat{}, fmt.Errorf("stat ends before field %d, too early for a start time", field)
}

// parseProcessState reads the letter of a state. Those of old kernels that mean
// the same as others now (W, K, P) are unknown.
func parseProcessState(letter string) ProcessState {
	switch letter {
	case "R":
		return ProcessStateRunning
	case "S":
		return ProcessStateSleeping
	case "D":
		return ProcessStateDiskSleep
	case "T":
		return ProcessStateStopped
	case "t":
		return ProcessStateTraced
	case "Z":
		return ProcessStateZombie
	case "I":
		return ProcessStateIdle
	default:
		return ProcessStateUnknown
	}
}

// parseCapEff takes the effective capabilities from the text of
// /proc/pid/status, which is safe from the name as parseUID says.
func parseCapEff(status string) (uint64, error) {
	_, line, found := strings.Cut(status, "\nCapEff:")
	if !found {
		return 0, errors.New("no capabilities in status")
	}
	line, _, _ = strings.Cut(line, "\n")
	return strconv.ParseUint(strings.TrimSpace(line), 16, 64)
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
