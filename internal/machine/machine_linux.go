package machine

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// NetNS is the inode of the caller's network namespace; 0 unknown.
func NetNS() uint64 {
	info, err := os.Stat("/proc/thread-self/ns/net")
	if err != nil {
		return 0
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0
	}
	return stat.Ino
}

// ReadPorts reads the rules of the caller's network namespace.
func ReadPorts() (Ports, error) { return readPorts("/proc/sys/net/ipv4") }

func readPorts(dir string) (p Ports, err error) {
	read := func(name string, parse func(string) error) {
		if err != nil {
			return
		}
		text, readErr := os.ReadFile(filepath.Join(dir, name))
		if err = readErr; err == nil {
			err = parse(string(text))
		}
		if err != nil {
			err = fmt.Errorf("reading the kernel's rules for ports: %s: %w", name, err)
		}
	}
	read("ip_unprivileged_port_start", func(text string) (err error) {
		p.FirstUnprivileged, err = parsePort(text)
		return err
	})
	read("ip_local_port_range", func(text string) (err error) {
		p.Ephemeral, err = parseRange(text)
		return err
	})
	read("ip_local_reserved_ports", func(text string) (err error) {
		p.Reserved, err = parseRanges(text)
		return err
	})
	p.Known = err == nil
	return p, err
}

// ReadExecutable looks at the file that a process runs, as it lies where the
// process sees it; path is what the process list tells of it. started may be
// zero, uid -1.
func ReadExecutable(pid int, path string, started time.Time, uid int) (e Executable) {
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	path, e.Deleted = strings.CutSuffix(path, " (deleted)")
	if !filepath.IsAbs(path) {
		return e
	}
	onDisk := filepath.Join(proc, "root", path)
	running, err := os.Stat(filepath.Join(proc, "exe"))
	if err != nil {
		return e
	}
	e.Changed = !started.IsZero() && running.ModTime().After(started)
	there, err := os.Stat(onDisk)
	if err != nil || !os.SameFile(running, there) {
		// Another mount namespace may not be readable: only a name that is
		// seen to be missing or taken counts.
		e.Deleted = e.Deleted || err == nil || os.IsNotExist(err)
	}
	e.Writable = whoWrites(filepath.Join(proc, "root"), path, uid)
	return e
}

// whoWrites names the first of the file and the folders above it that someone
// other than root and the process's user can write to.
func whoWrites(root, path string, uid int) string {
	for at := path; ; at = filepath.Dir(at) {
		info, err := os.Stat(filepath.Join(root, at))
		if err != nil {
			return ""
		}
		if who := writer(info, uid); who != "" {
			return who + " can write to " + at
		}
		if at == "/" || at == "." {
			return ""
		}
	}
}

func writer(info fs.FileInfo, uid int) string {
	const sticky, others = fs.ModeSticky, 0o002
	stat, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return ""
	case info.Mode().Perm()&others != 0 && !(info.IsDir() && info.Mode()&sticky != 0):
		return "everyone"
	case uid >= 0 && stat.Uid != 0 && int(stat.Uid) != uid:
		return "uid " + strconv.Itoa(int(stat.Uid))
	default:
		return ""
	}
}
