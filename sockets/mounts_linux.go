package sockets

import (
	"path/filepath"
	"strconv"
	"strings"
)

// mounts is what is used of the mounted filesystems.
type mounts struct {
	namespaces map[uint64]mount // network namespaces by inode
	cgroup     string           // of cgroup v2; "" none
}

// mount is a file that keeps a namespace.
type mount struct{ path, name string }

// mounts are read once: the kernel takes long to write them.
func (l *linux) mounts() (mounts, error) {
	l.mounted.once.Do(func() { l.mounted.mounts, l.mounted.err = readMounts(l.root) })
	return l.mounted.mounts, l.mounted.err
}

func readMounts(root string) (mounts, error) {
	text, err := readWhole(filepath.Join(root, "self/mountinfo"))
	m := mounts{namespaces: make(map[uint64]mount)}
	for line := range strings.Lines(text) {
		m.add(line)
	}
	return m, err
}

// add looks at a line of mountinfo.
func (m *mounts) add(line string) {
	if path, ok := parseCgroupMount(line); ok && m.cgroup == "" {
		m.cgroup = path
		return
	}
	inode, path, ok := parseMount(line)
	if !ok || m.namespaces[inode].name != "" {
		return
	}
	found := mount{path: path}
	if dir, name := filepath.Split(path); dir == "/run/netns/" || dir == "/var/run/netns/" {
		found.name = name
	}
	m.namespaces[inode] = found
}

// parseCgroupMount reads a line if cgroup v2 is mounted there: "… - cgroup2 cgroup2 rw".
func parseCgroupMount(line string) (path string, ok bool) {
	before, after, _ := strings.Cut(line, " - ")
	if !strings.HasPrefix(after, "cgroup2 ") {
		return "", false
	}
	fields := strings.Fields(before)
	if len(fields) <= 4 {
		return "", false
	}
	return unescapeMount(fields[4]), true
}

// parseMount reads a line of mountinfo (proc_pid_mountinfo(5)) if it is of a
// network namespace: "… net:[4026532177] /run/netns/red rw - nsfs nsfs rw".
func parseMount(line string) (inode uint64, path string, ok bool) {
	if !strings.Contains(line, " net:[") {
		return 0, "", false
	}
	fields := strings.Fields(line)
	if len(fields) < 6 {
		return 0, "", false
	}
	if inode, ok = parseLink(fields[3], "net"); !ok {
		return 0, "", false
	}
	return inode, unescapeMount(fields[4]), true
}

// unescapeMount undoes the octal escapes of white space and backslashes.
func unescapeMount(path string) string {
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		if path[i] == '\\' && i+3 < len(path) {
			if code, err := strconv.ParseUint(path[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(code))
				i += 3
				continue
			}
		}
		b.WriteByte(path[i])
	}
	return b.String()
}
