package sockets

import (
	"bytes"
	"encoding/binary"
	"errors"
)

var errProcArgs = errors.New("not the arguments of a process")

// parseProcArgs reads what macOS tells by the sysctl kern.procargs2, as ps does: the
// number of arguments in the machine's byte order, the path that was given to exec,
// NULs up to the next word, then each argument and each variable of the environment
// with a NUL. The path may be relative to a directory that is not known.
func parseProcArgs(b []byte) (path string, args []string, err error) {
	if len(b) < 4 {
		return "", nil, errProcArgs
	}
	n := int(int32(binary.NativeEndian.Uint32(b)))
	first, rest, ok := bytes.Cut(b[4:], []byte{0})
	if !ok || n < 0 || n > len(rest) {
		return "", nil, errProcArgs
	}
	rest = bytes.TrimLeft(rest, "\x00")
	for range n {
		var arg []byte
		if arg, rest, ok = bytes.Cut(rest, []byte{0}); !ok {
			return "", nil, errProcArgs
		}
		args = append(args, string(arg))
	}
	return string(first), args, nil
}
