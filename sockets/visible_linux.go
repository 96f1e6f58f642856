package sockets

import (
	"errors"
	"fmt"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// inodeOf gives 0 for what cannot be read.
func inodeOf(path string) uint64 {
	var st unix.Stat_t
	if unix.Stat(path, &st) != nil {
		return 0
	}
	return st.Ino
}

// initPIDNamespace is the inode of the machine's first PID namespace:
// PROC_PID_INIT_INO of linux/proc_ns.h.
const initPIDNamespace = 0xEFFFFFFC

// whyUnseen tells what keeps this process from finding every holder. refused: some process
// did not let its descriptors be read. Looking into another's descriptors
// takes CAP_SYS_PTRACE in that one's user namespace (ptrace(2),
// PTRACE_MODE_READ_FSCREDS); a process outside of this PID namespace is not in
// /proc at all.
func (l *linux) whyUnseen(refused bool) Hidden {
	if refused {
		return HiddenPermission
	}
	if ns := inodeOf(filepath.Join(l.root, "self/ns/pid")); ns != 0 && ns != initPIDNamespace {
		return HiddenOtherPIDNamespace
	}
	if !hasCapability(unix.CAP_SYS_PTRACE) {
		return HiddenPermission // mounted with hidepid, perhaps
	}
	if ns := inodeOf(filepath.Join(l.root, "self/ns/user")); ns != 0 && ns != initUserNamespace {
		return HiddenPermission
	}
	return HiddenNone
}

// hasCapability asks whether this thread has c in its effective set.
func hasCapability(c uint) bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData // version 3 writes two words
	if unix.Capget(&header, &data[0]) != nil {
		return false
	}
	return data[c/32].Effective&(1<<(c%32)) != 0
}

// firstUnprivileged reads net.ipv4.ip_unprivileged_port_start of the network
// namespace of the calling thread, which rules IPv6 too. Linux before 4.11 has
// none.
func firstUnprivileged(root string) (uint16, error) {
	path := filepath.Join(root, "sys/net/ipv4/ip_unprivileged_port_start")
	text, err := readSmall(path)
	if errors.Is(err, syscall.ENOENT) {
		return defaultFirstUnprivileged, nil
	}
	if err != nil {
		return defaultFirstUnprivileged, err
	}
	first, err := parsePortStart(text)
	if err != nil {
		return defaultFirstUnprivileged, fmt.Errorf("%s: %w", path, err)
	}
	return first, nil
}
