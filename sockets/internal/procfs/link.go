package procfs

import (
	"strconv"
	"strings"
)

// ParseLink reads the text of a link such as "socket:[4711]", if it is of that kind.
func ParseLink(text, kind string) (inode uint64, ok bool) {
	found, number, ok := strings.Cut(text, ":[")
	number, closed := strings.CutSuffix(number, "]")
	if !ok || !closed || found != kind {
		return 0, false
	}
	inode, err := strconv.ParseUint(number, 10, 64)
	return inode, err == nil
}

// ParseFixedFile reads a line of an io_uring's fdinfo about a registered file, such as
// "    0: socket:[4711]".
func ParseFixedFile(line string) (inode uint64, ok bool) {
	slot, name, ok := strings.Cut(line, ": ")
	if _, err := strconv.ParseUint(strings.TrimSpace(slot), 10, 32); !ok || err != nil {
		return 0, false
	}
	return ParseLink(name, "socket")
}
