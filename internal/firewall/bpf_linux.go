package firewall

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Types of attachment of BPF programs that packets meet on the way in (enum
// bpf_attach_type of linux/bpf.h).
const (
	attachCgroupIngress = 0  // BPF_CGROUP_INET_INGRESS
	attachSocketLookup  = 36 // BPF_SK_LOOKUP
	attachTCX           = 46 // BPF_TCX_INGRESS
)

// queryAttr is the part of union bpf_attr for BPF_PROG_QUERY.
type queryAttr struct {
	target, attachType, flags, attachFlags uint32
	ids                                    uint64
	count, _                               uint32
	attachFlagList, links, linkFlags       uint64
	revision                               uint64
}

// attached reports whether BPF programs are attached to a target: a descriptor, or
// the index of an interface. It is false where the kernel does not tell.
func attached(target int, attachType uint32, effective bool) bool {
	const progQuery, queryEffective = 16, 1 // BPF_PROG_QUERY, BPF_F_QUERY_EFFECTIVE
	attr := queryAttr{target: uint32(target), attachType: attachType}
	if effective {
		attr.flags = queryEffective
	}
	_, _, errno := unix.Syscall(unix.SYS_BPF, progQuery, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr))
	return errno == 0 && attr.count > 0
}

// CgroupFilters reports whether BPF programs see the packets for the sockets of a
// cgroup, such as those of systemd's IPAddressDeny. dir is the cgroup's
// directory. It is false where the kernel does not tell, as without root.
func CgroupFilters(dir string) bool {
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	return attached(fd, attachCgroupIngress, true)
}

// readPrograms notes BPF programs that are not on an interface's netlink message.
func (h *Host) readPrograms() {
	if CgroupFilters("/sys/fs/cgroup") || CgroupFilters("/sys/fs/cgroup/unified") {
		h.Notes = append(h.Notes, Note{Text: "a BPF program of the root cgroup may drop"})
	}
	if fd, err := unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0); err == nil {
		if attached(fd, attachSocketLookup, false) {
			h.Notes = append(h.Notes, Note{Text: "a BPF program may choose another socket (sk_lookup)"})
		}
		unix.Close(fd)
	}
	for i := range h.Links {
		if l := &h.Links[i]; l.Up && !l.Loopback && attached(l.Index, attachTCX, false) {
			h.Notes = append(h.Notes, Note{l.Name, fmt.Sprintf("a BPF program on %s may drop before (tcx)", l.Name)})
		}
	}
}
