package machine

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// ReadExecutable looks at the file that a process runs; path is what the process
// list has of it. started may be zero, uid -1.
//
// Whether the file is gone is the kernel's word: it writes " (deleted)" behind the
// path of a file that was removed or replaced, wherever the process has its root or
// its mounts. The path itself is as this process sees it, or as the mount namespace
// of the other does, which is no reason to look for the file where it is not. Nothing
// is opened; a network filesystem whose server is gone is not asked.
func ReadExecutable(pid int, path string, started time.Time, uid int) (e Executable) {
	if !filepath.IsAbs(path) {
		return e
	}
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	running, err := stat(unix.AT_FDCWD, filepath.Join(proc, "exe"), 0)
	if err != nil {
		return e
	}
	e.Known = true
	if now, err := os.Readlink(filepath.Join(proc, "exe")); err == nil {
		path = now // the list may be older
	}
	e.Changed = !started.IsZero() && time.Unix(running.Mtime.Sec, int64(running.Mtime.Nsec)).After(started)
	plain, gone := strings.CutSuffix(path, " (deleted)")
	if gone && running.Nlink == 0 && strings.HasPrefix(path, "/memfd:") {
		e.Memory, e.Changed = true, false // it was written to be run
		return e
	}
	for _, root := range []string{"/", filepath.Join(proc, "root")} {
		if e.Writable = whoWrites(root, path, running, uid); e.Writable != "" {
			break
		}
	}
	// A file may be named so: then it is there.
	e.Deleted = gone && (running.Nlink == 0 || !isAt("/", path, running) && !isAt(filepath.Join(proc, "root"), path, running))
	if e.Deleted { // the folders still say who can put another there
		e.Writable = whoWrites("/", filepath.Dir(plain), running, uid)
	}
	return e
}

// stat asks for what the kernel has at hand of a file.
func stat(dir int, path string, flags int) (st unix.Statx_t, err error) {
	err = unix.Statx(dir, path, flags|unix.AT_STATX_DONT_SYNC|unix.AT_NO_AUTOMOUNT, unix.STATX_BASIC_STATS, &st)
	return st, err
}

// inside takes what is at a path below a root, without opening it and without
// leaving the root by a link.
func inside(root, path string) (st unix.Statx_t, err error) {
	dir, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return st, err
	}
	defer unix.Close(dir)
	fd, err := unix.Openat2(dir, path, &unix.OpenHow{
		Flags:   unix.O_PATH | unix.O_CLOEXEC | unix.O_NOFOLLOW,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS,
	})
	if err != nil {
		return st, err
	}
	defer unix.Close(fd)
	return stat(fd, "", unix.AT_EMPTY_PATH)
}

func isAt(root, path string, file unix.Statx_t) bool {
	st, err := inside(root, path)
	return err == nil && same(st, file)
}

func same(a, b unix.Statx_t) bool {
	return a.Ino == b.Ino && a.Dev_major == b.Dev_major && a.Dev_minor == b.Dev_minor
}

// whoWrites names the first of the file and the folders above it, below a root, that
// someone other than root and the process's user can write to; "" if nobody can, or
// if that file is not there.
func whoWrites(root, path string, file unix.Statx_t, uid int) string {
	first, err := inside(root, path)
	if err != nil || first.Mode&unix.S_IFMT != unix.S_IFDIR && !same(first, file) {
		return ""
	}
	for at := path; ; at = filepath.Dir(at) {
		st, err := inside(root, at)
		if err != nil {
			return ""
		}
		if who := writer(st, uid); who != "" {
			return who + " can write to " + at
		}
		if at == "/" || at == "." {
			return ""
		}
	}
}

func writer(st unix.Statx_t, uid int) string {
	const others = 0o002
	sticky := st.Mode&unix.S_IFMT == unix.S_IFDIR && st.Mode&unix.S_ISVTX != 0
	switch {
	case st.Mode&others != 0 && !sticky:
		return "everyone"
	case uid >= 0 && st.Uid != 0 && int(st.Uid) != uid:
		return "uid " + strconv.Itoa(int(st.Uid))
	default:
		return ""
	}
}
