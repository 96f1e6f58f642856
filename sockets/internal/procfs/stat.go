package procfs

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Stat is what is used of /proc/pid/stat (proc_pid_stat(5)).
type Stat struct {
	Name    string // cut at 15 bytes
	State   byte   // the letter of its state: R, S, D, T, t, Z, X, I
	Parent  int    // PID; 0 none
	Started uint64 // clock ticks since boot
	Pages   uint64 // that are resident
}

// ParseStat reads fields 2, 3, 4, 22 and, where it is there, 24. Field 2 is the
// name in parentheses and may hold spaces and parentheses of its own, so that
// counting begins after the last one. The error is for text that ends too early,
// or has no numbers where they belong.
func ParseStat(text string) (Stat, error) {
	start, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if start < 0 || end < start {
		return Stat{}, errors.New("no name in stat")
	}
	found := Stat{Name: text[start+1 : end]}
	field := 3 // the first one after the name
	for text := range strings.FieldsSeq(text[end+1:]) {
		var err error
		switch field {
		case 3:
			found.State = text[0]
		case 4:
			var parent uint64
			if parent, err = strconv.ParseUint(text, 10, 31); err != nil {
				return Stat{}, fmt.Errorf("parent in stat: %w", err)
			}
			found.Parent = int(parent)
		case 22:
			if found.Started, err = strconv.ParseUint(text, 10, 64); err != nil {
				return Stat{}, fmt.Errorf("start time in stat: %w", err)
			}
		case 24:
			found.Pages, _ = strconv.ParseUint(text, 10, 64)
		}
		field++
	}
	if field > 22 {
		return found, nil
	}
	return Stat{}, fmt.Errorf("stat ends before field %d, too early for a start time", field)
}
