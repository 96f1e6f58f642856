package procfs

import (
	"strconv"
	"strings"
)

// Container is what the path of a cgroup says of the container that it is.
type Container struct {
	Runtime string // "docker", "containerd", "podman", "kubernetes", "lxc" or "nspawn"
	ID      string // the runtime's; of lxc and nspawn it is the name
	Name    string // where the path tells it; any bytes
	Pod     string // uid of the Kubernetes pod
}

// ParseCgroup takes a process's path from the text of /proc/pid/cgroup
// (cgroups(7)): lines of "hierarchy:controllers:path". The one of v2 has no
// controllers. Where that tells nothing, systemd's own hierarchy of v1 does,
// and then those that container runtimes use.
func ParseCgroup(text string) string {
	best, rank := "", 0
	for line := range strings.Lines(text) {
		_, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		controllers, path, ok := strings.Cut(rest, ":")
		if !ok || !strings.HasPrefix(path, "/") {
			continue
		}
		if r := cgroupRank(controllers, path); r > rank {
			best, rank = path, r
		}
	}
	return best
}

func cgroupRank(controllers, path string) int {
	switch {
	case path == "/" && controllers == "":
		return 2
	case path == "/":
		return 1
	case controllers == "":
		return 6
	case controllers == "name=systemd":
		return 5
	case ContainerOf(path).Runtime != "":
		return 4
	default:
		return 1
	}
}

// UnitOf is the innermost systemd unit of a cgroup's path, a service or scope
// before a slice; "" if there is none.
func UnitOf(path string) string {
	slice := ""
	parts := strings.Split(path, "/")
	for i := len(parts) - 1; i >= 0; i-- {
		// systemd puts "_" before names that the kernel would misread.
		name := strings.TrimPrefix(parts[i], "_")
		switch {
		case strings.HasSuffix(name, ".service"), strings.HasSuffix(name, ".scope"), strings.HasSuffix(name, ".socket"):
			return name
		case slice == "" && strings.HasSuffix(name, ".slice"):
			slice = name
		}
	}
	return slice
}

// ContainerOf knows the paths that the runtimes make with either cgroup driver:
// "/docker/ID", "/system.slice/docker-ID.scope", "/kubepods/…/podUID/ID",
// "/kubepods.slice/…-podUID.slice/cri-containerd-ID.scope", "libpod-ID.scope",
// "…-podUID.slice:cri-containerd:ID" (a driver of cgroupfs below one of systemd),
// "/lxc/NAME", "/lxc.payload.NAME", "/machine.slice/machine-NAME.scope".
func ContainerOf(path string) Container {
	parts := strings.FieldsFunc(path, func(r rune) bool { return r == '/' || r == ':' })
	var c Container
	for i, part := range parts {
		before := ""
		if i > 0 {
			before = parts[i-1]
		}
		if pod := podOf(part); pod != "" {
			c = Container{Runtime: "kubernetes", Pod: pod}
			continue
		}
		found := containerPart(before, part)
		if found.Runtime == "" {
			continue
		}
		if c.Pod != "" {
			found.Runtime, found.Pod = c.Runtime, c.Pod
		}
		c = found
	}
	if c.ID == "" {
		return Container{} // a pod's own cgroup holds no process
	}
	return c
}

// containerPart reads one part of a path, with the part before it.
func containerPart(before, part string) Container {
	name := strings.TrimSuffix(strings.TrimSuffix(part, ".scope"), ".service")
	for _, known := range [...]struct{ prefix, runtime string }{
		{"docker-", "docker"}, {"cri-containerd-", "containerd"}, {"nerdctl-", "containerd"},
		{"crio-", "kubernetes"}, {"libpod-", "podman"},
	} {
		if id, ok := strings.CutPrefix(name, known.prefix); ok && isContainerID(id) {
			return Container{Runtime: known.runtime, ID: id}
		}
	}
	for _, known := range [...]struct{ prefix, runtime string }{
		{"lxc.payload.", "lxc"}, {"systemd-nspawn@", "nspawn"},
	} {
		if name, ok := strings.CutPrefix(name, known.prefix); ok && name != "" {
			return Container{Runtime: known.runtime, ID: name, Name: name}
		}
	}
	if machine, ok := strings.CutPrefix(part, "machine-"); ok && strings.HasSuffix(part, ".scope") {
		return machineOf(strings.TrimSuffix(machine, ".scope"))
	}
	switch {
	case (before == "lxc" || before == "lxc.payload") && part != "":
		return Container{Runtime: "lxc", ID: part, Name: part}
	case !isContainerID(part):
		return Container{}
	case before == "docker":
		return Container{Runtime: "docker", ID: part}
	case before == "crio":
		return Container{Runtime: "kubernetes", ID: part}
	default:
		return Container{Runtime: "containerd", ID: part}
	}
}

// machineOf reads the name of a machine that is registered with systemd
// (systemd-machined.service(8)): a container of systemd-nspawn, or of libvirt as
// "lxc-PID-NAME". A virtual machine, "qemu-N-NAME", has a kernel of its own.
func machineOf(escaped string) Container {
	name := unescapeUnit(escaped)
	kind, rest, _ := strings.Cut(name, "-")
	number, libvirt, numbered := strings.Cut(rest, "-")
	numbered = numbered && number != "" && strings.Trim(number, "0123456789") == ""
	switch {
	case kind == "qemu" && numbered, name == "":
		return Container{}
	case kind == "lxc" && numbered:
		return Container{Runtime: "lxc", ID: libvirt, Name: libvirt}
	default:
		return Container{Runtime: "nspawn", ID: name, Name: name}
	}
}

// unescapeUnit undoes the escapes in the name of a unit, such as "\x2d" for "-"
// (systemd.unit(5)).
func unescapeUnit(name string) string {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		if strings.HasPrefix(name[i:], `\x`) && i+4 <= len(name) {
			if code, err := strconv.ParseUint(name[i+2:i+4], 16, 8); err == nil {
				b.WriteByte(byte(code))
				i += 3
				continue
			}
		}
		b.WriteByte(name[i])
	}
	return b.String()
}

// podOf is the uid in "pod1234…" or "kubepods-burstable-pod1234_….slice".
func podOf(part string) string {
	name, sliced := strings.CutSuffix(part, ".slice")
	i := strings.LastIndex(name, "pod")
	if i < 0 || !sliced && i != 0 || sliced && !strings.Contains(name, "kubepods-") {
		return ""
	}
	uid := strings.ReplaceAll(name[i+len("pod"):], "_", "-")
	const uidLen = 32 // hexadecimal digits, with or without dashes
	if len(strings.ReplaceAll(uid, "-", "")) != uidLen {
		return ""
	}
	return uid
}

// isContainerID: runtimes name containers by 64 hexadecimal digits.
func isContainerID(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}
