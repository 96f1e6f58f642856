package sockets

import (
	"cmp"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"porthole/sockets/internal/procfs"
)

// initScope is where systemd itself lives, and makes the sockets that it hands
// down.
const initScope = "init.scope"

// unit is the most telling unit of a socket: the .socket unit, the service that holds
// it if systemd made it, or the unit where it was made.
func (l *labels) unit(s *Socket) string {
	made := procfs.UnitOf(s.Cgroup)
	held := ""
	bySystemd := made == initScope
	for i := range s.Processes {
		h := &s.Processes[i]
		if h.isManager() {
			bySystemd = true
		} else if held == "" {
			held = h.Unit
		}
	}
	if !bySystemd {
		return cmp.Or(made, held)
	}
	for i := range s.Processes {
		if h := &s.Processes[i]; !h.isManager() {
			// FileDescriptorName= can give it any other name.
			if name := handedDown(filepath.Join(l.root, strconv.Itoa(h.PID)), s.Inode); strings.HasSuffix(name, ".socket") {
				return name
			}
		}
	}
	return cmp.Or(held, made)
}

// isManager reports whether p is systemd itself: the machine's, a container's or a
// user's.
func (p *Process) isManager() bool {
	return p.Name == "systemd" && (p.PID == 1 || p.Unit == initScope)
}

// handedDown is the name under which systemd gave a socket to the process in
// dir: by default that of the .socket unit (sd_listen_fds_with_names(3)).
func handedDown(dir string, inode uint64) string {
	const most = 1 << 20 // systemd writes its variables first
	text, err := readUpTo(filepath.Join(dir, "environ"), most)
	if err != nil {
		return ""
	}
	names := procfs.ListenNames(text)
	for i, name := range names {
		const first = 3 // SD_LISTEN_FDS_START of systemd/sd-daemon.h
		var st unix.Stat_t
		path := filepath.Join(dir, "fd", strconv.Itoa(first+i))
		if unix.Stat(path, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFSOCK && st.Ino == inode {
			return name
		}
	}
	return ""
}
