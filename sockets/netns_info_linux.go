package sockets

import (
	"context"
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"

	"porthole/internal/firewall"
)

// netnsInfo is a namespace and what was seen inside.
type netnsInfo struct {
	netns
	binding  *lowPorts // nil: could not be read
	addrs    []ownAddr // without loopback
	isolated bool      // it has none but loopback addresses
	nat      []firewall.Translation
	firewall *firewall.Host // nil: not asked for, or not read
}

// title names a namespace in a warning.
func (n netns) title() string {
	if n.name != "" {
		return strconv.Quote(n.name)
	}
	return fmt.Sprint(n.inode)
}

// inspect reads the addresses and the first unprivileged port of the namespace, which
// is that of the calling thread.
func (n *netnsInfo) inspect(ctx context.Context) {
	addrs, err := readAddrs(ctx)
	n.addrs, n.isolated = addrs, err == nil && len(addrs) == 0
	if first, err := firstUnprivileged("/proc"); err == nil {
		n.binding = &lowPorts{firstUnprivileged: first, userNamespace: owner(n.netns)}
	}
}

// inspectFromOutside reads the addresses of a namespace that may not be entered, from
// the tables of a process inside.
func (n *netnsInfo) inspectFromOutside(tables string) {
	addrs, err := namespaceAddrs(tables)
	n.addrs = withoutLinks(addrs...)
	n.isolated = err == nil && len(addrs) == 0
}

// owner is the inode of the user namespace that owns a network namespace; 0 if this
// user may not know (ioctl_nsfs(2), NS_GET_USERNS).
func owner(n netns) uint64 {
	fd, err := n.open()
	if err != nil {
		return 0
	}
	defer unix.Close(fd)
	owner, err := unix.IoctlRetInt(fd, unix.NS_GET_USERNS)
	if err != nil {
		return 0
	}
	defer unix.Close(owner)
	var st unix.Stat_t
	if unix.Fstat(owner, &st) != nil {
		return 0
	}
	return st.Ino
}
