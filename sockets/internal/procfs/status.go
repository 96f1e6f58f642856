package procfs

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ParseCapEff takes the effective capabilities from the text of
// /proc/pid/status, which is safe from the name as ParseUID says.
func ParseCapEff(status string) (uint64, error) {
	_, line, found := strings.Cut(status, "\nCapEff:")
	if !found {
		return 0, errors.New("no capabilities in status")
	}
	line, _, _ = strings.Cut(line, "\n")
	return strconv.ParseUint(strings.TrimSpace(line), 16, 64)
}

// ParseUID takes the effective uid from the text of /proc/pid/status, where
// the line is "Uid:" and the real, effective, saved and filesystem uid. The
// name, in the first line, cannot forge one: its newlines are escaped.
func ParseUID(status string) (int, error) {
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
