package sockets

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"porthole/internal/firewall"
)

// space is a namespace and what was seen inside.
type space struct {
	namespace
	place    *place       // nil: could not be read
	addrs    []netip.Addr // its own, without loopback
	isolated bool         // it has no others than loopback
	nat      []firewall.Translation
}

// title names a namespace in a warning.
func (n namespace) title() string {
	if n.name != "" {
		return strconv.Quote(n.name)
	}
	return fmt.Sprint(n.inode)
}

// look reads a namespace's addresses from the files in tables and, from the
// proc filesystem of a thread inside, its first unprivileged port.
func (s *space) look(tables, inside string, userNamespace uint64) {
	addrs, err := namespaceAddrs(tables)
	s.addrs, s.isolated = addrs, err == nil && len(addrs) == 0
	if inside == "" {
		return
	}
	if first, err := firstUnprivileged(inside); err == nil {
		s.place = &place{firstUnprivileged: first, userNamespace: userNamespace}
	}
}

// owner is the inode of the user namespace that owns the network namespace of
// handle; 0 if this user may not know (ioctl_nsfs(2), NS_GET_USERNS).
func owner(handle string) uint64 {
	fd, err := unix.Open(handle, unix.O_RDONLY|unix.O_CLOEXEC, 0)
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
	}{{"fib_trie", parseLocalRoutes}, {"if_inet6", parseInet6}} {
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

// parseLocalRoutes takes the machine's own IPv4 addresses from /proc/net/fib_trie:
// a leaf "|-- 172.17.0.2" with "/32 host LOCAL" below it.
func parseLocalRoutes(r io.Reader) ([]netip.Addr, error) {
	var addrs []netip.Addr
	var leaf string
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if addr, ok := strings.CutPrefix(line, "|-- "); ok {
			leaf = addr
		} else if line == "/32 host LOCAL" {
			a, err := netip.ParseAddr(leaf)
			if err != nil {
				return nil, err
			}
			addrs = append(addrs, a)
		}
	}
	return addrs, lines.Err()
}

// parseInet6 takes the addresses from /proc/net/if_inet6: 32 hexadecimal
// digits begin each line.
func parseInet6(r io.Reader) ([]netip.Addr, error) {
	var addrs []netip.Addr
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		digits, _, _ := strings.Cut(lines.Text(), " ")
		var b [16]byte
		if len(digits) != 2*len(b) {
			return nil, fmt.Errorf("bad IPv6 address %q", digits)
		}
		for i := range b {
			n, err := strconv.ParseUint(digits[2*i:2*i+2], 16, 8)
			if err != nil {
				return nil, fmt.Errorf("bad IPv6 address %q", digits)
			}
			b[i] = byte(n)
		}
		addrs = append(addrs, netip.AddrFrom16(b))
	}
	return addrs, lines.Err()
}
