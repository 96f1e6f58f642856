package sockets

import (
	"errors"
	"fmt"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"porthole/sockets/internal/procfs"
)

// hasCapability reports whether this thread has c in its effective set.
func hasCapability(c uint) bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData // version 3 writes two words
	if unix.Capget(&header, &data[0]) != nil {
		return false
	}
	return data[c/32].Effective&(1<<(c%32)) != 0
}

// firstUnprivileged reads net.ipv4.ip_unprivileged_port_start of the network
// namespace of the calling thread, which holds for IPv6 as well. Linux before 4.11
// has none.
func firstUnprivileged(root string) (uint16, error) {
	path := filepath.Join(root, "sys/net/ipv4/ip_unprivileged_port_start")
	text, err := readSmall(path)
	if errors.Is(err, syscall.ENOENT) && exists(filepath.Join(root, "sys/net")) {
		return defaultFirstUnprivileged, nil // Linux before 4.11
	}
	if err != nil {
		return defaultFirstUnprivileged, err
	}
	first, err := procfs.ParsePortStart(text)
	if err != nil {
		return defaultFirstUnprivileged, fmt.Errorf("%s: %w", path, err)
	}
	return first, nil
}

func exists(path string) bool {
	var st unix.Stat_t
	return unix.Stat(path, &st) == nil
}
