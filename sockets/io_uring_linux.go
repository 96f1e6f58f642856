package sockets

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"porthole/sockets/internal/procfs"
)

// registered reads which sockets an io_uring holds as registered files, if d is one:
// /proc/pid/fdinfo names them (io_uring_show_fdinfo of the kernel).
func (w *walker) registered(d descriptor, seen *walked) {
	dir := filepath.Join(w.root, strconv.Itoa(d.pid))
	fd := strconv.Itoa(d.fd)
	target, err := os.Readlink(filepath.Join(dir, "fd", fd))
	if errors.Is(err, fs.ErrPermission) {
		seen.unreadable[d.pid] = true
	}
	if err != nil || target != "anon_inode:[io_uring]" {
		return
	}
	info, err := os.Open(filepath.Join(dir, "fdinfo", fd))
	if errors.Is(err, fs.ErrPermission) {
		seen.unreadable[d.pid] = true
	}
	if err != nil {
		w.short.note(err)
		return // closed since, or not to be read
	}
	defer info.Close()
	const most = 64 << 20 // a ring has up to a million files (IORING_MAX_FIXED_FILES)
	for lines := bufio.NewScanner(io.LimitReader(info, most)); lines.Scan(); {
		inode, ok := procfs.ParseFixedFile(lines.Text())
		if _, wanted := w.wanted[inode]; ok && wanted {
			seen.held = append(seen.held, newHolding(inode, d.pid))
		}
	}
}
