package sockets

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"porthole/internal/firewall"
	"porthole/sockets/internal/procfs"
)

// netnsInfo is a namespace and what was seen inside.
type netnsInfo struct {
	netns
	binding  *lowPorts    // nil: could not be read
	addrs    []netip.Addr // its own, without loopback
	isolated bool         // it has none but loopback addresses
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
func (n *netnsInfo) inspect() {
	all, err := net.InterfaceAddrs()
	for _, a := range all {
		if prefix, ok := a.(*net.IPNet); ok {
			if addr, ok := netip.AddrFromSlice(prefix.IP); ok && !addr.Unmap().IsLoopback() {
				n.addrs = append(n.addrs, addr.Unmap())
			}
		}
	}
	n.isolated = err == nil && len(n.addrs) == 0
	if first, err := firstUnprivileged("/proc"); err == nil {
		n.binding = &lowPorts{firstUnprivileged: first, userNamespace: owner(n.netns)}
	}
}

// lacksAddress reports whether a row waits on every address where the namespace has none
// of its family but loopback: nobody gets through, also where there are no rules.
func (n *netnsInfo) lacksAddress(rows []row) bool {
	if len(n.addrs) == 0 { // isolated, or they could not be read
		return false
	}
	has4, has6 := slices.ContainsFunc(n.addrs, netip.Addr.Is4), slices.ContainsFunc(n.addrs, netip.Addr.Is6)
	return slices.ContainsFunc(rows, func(r row) bool {
		addr := r.Local.Addr().Unmap()
		if !addr.IsUnspecified() || !r.outward() {
			return false
		}
		reached4 := has4 && (addr.Is4() || r.V6Only != TristateYes)
		reached6 := has6 && addr.Is6()
		return !reached4 && !reached6
	})
}

// inspectFromOutside reads the addresses of a namespace that may not be entered, from
// the tables of a process inside.
func (n *netnsInfo) inspectFromOutside(tables string) {
	addrs, err := namespaceAddrs(tables)
	n.addrs, n.isolated = addrs, err == nil && len(addrs) == 0
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

// namespaceAddrs reads the addresses of a namespace but loopback ones.
func namespaceAddrs(tables string) ([]netip.Addr, error) {
	var addrs []netip.Addr
	for _, file := range [...]struct {
		name  string
		parse func(io.Reader) ([]netip.Addr, error)
	}{{"fib_trie", procfs.ParseLocalRoutes}, {"if_inet6", procfs.ParseInet6}} {
		f, err := os.Open(filepath.Join(tables, file.name))
		if errors.Is(err, os.ErrNotExist) && file.name == "if_inet6" {
			continue // a kernel without IPv6
		}
		if err != nil {
			return nil, err
		}
		found, err := file.parse(f)
		f.Close()
		if err != nil {
			return nil, err
		}
		for _, a := range found {
			if !a.IsLoopback() {
				addrs = append(addrs, a)
			}
		}
	}
	return addrs, nil
}
