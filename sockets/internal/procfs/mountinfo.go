package procfs

import (
	"path/filepath"
	"strconv"
	"strings"
)

// Mounts is what is used of the mounted filesystems.
type Mounts struct {
	NetNS  map[uint64]NetNSMount // network namespaces by inode
	Cgroup string                // where cgroup v2 is mounted; "" nowhere
}

// NetNSMount is a file that keeps a network namespace.
type NetNSMount struct {
	Path string
	Name string // in /run/netns, by ip-netns(8); else ""
}

// ParseMounts reads /proc/pid/mountinfo (proc_pid_mountinfo(5)). Lines of other
// mounts are passed over.
func ParseMounts(text string) Mounts {
	m := Mounts{NetNS: make(map[uint64]NetNSMount)}
	for line := range strings.Lines(text) {
		m.add(line)
	}
	return m
}

// add looks at a line of mountinfo.
func (m *Mounts) add(line string) {
	if path, ok := parseCgroupMount(line); ok && m.Cgroup == "" {
		m.Cgroup = path
		return
	}
	inode, path, ok := parseMount(line)
	if !ok || m.NetNS[inode].Name != "" {
		return
	}
	found := NetNSMount{Path: path}
	if dir, name := filepath.Split(path); dir == "/run/netns/" || dir == "/var/run/netns/" {
		found.Name = name
	}
	m.NetNS[inode] = found
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
	if inode, ok = ParseLink(fields[3], "net"); !ok {
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
