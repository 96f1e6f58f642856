package sockets

import (
	"encoding/binary"

	"porthole/internal/netlink"
)

// Of unix_diag (linux/unix_diag.h), in struct unix_diag_msg.
const (
	unixDiagHeaderLen = 16
	unixDiagVFS       = 1 // UNIX_DIAG_VFS
)

// socketFile is the file that a Unix socket is bound to: struct unix_diag_vfs.
type socketFile struct {
	inode  uint32 // the low half
	device uint32 // as the kernel numbers it: 12 bits and 20
}

// unixListenersRequest is the body of a question for the Unix sockets that listen,
// with their files: struct unix_diag_req.
func unixListenersRequest() []byte {
	const unixFamily, listening, showVFS = 1, 1 << 10, 2 // AF_UNIX, TCPF_LISTEN, UDIAG_SHOW_VFS
	b := []byte{unixFamily, 0, 0, 0}
	for _, word := range [...]uint32{listening, 0, showVFS, 0, 0} { // of any inode and cookie
		b = binary.NativeEndian.AppendUint32(b, word)
	}
	return b
}

// parseUnixListener reads one answer. ok is false for a socket without a file.
func parseUnixListener(body []byte) (file socketFile, ok bool, err error) {
	if len(body) < unixDiagHeaderLen {
		return socketFile{}, false, netlink.ErrShort
	}
	err = netlink.Attributes(body[unixDiagHeaderLen:], func(kind uint16, value []byte) error {
		if kind == unixDiagVFS && len(value) >= 8 {
			file, ok = socketFile{binary.NativeEndian.Uint32(value), binary.NativeEndian.Uint32(value[4:])}, true
		}
		return nil
	})
	return file, ok, err
}
