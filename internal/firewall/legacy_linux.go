package firewall

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"porthole/internal/firewall/ruleset"
)

// readLegacy asks for the tables of iptables-legacy and ip6tables-legacy. It
// asks only for those that exist: the kernel makes a table that it is asked for.
func readLegacy(b builder) error {
	for _, f := range []struct {
		family        ruleset.Family
		names         string
		domain, level int
	}{
		{ruleset.FamilyIPv4, "/proc/thread-self/net/ip_tables_names", unix.AF_INET, unix.IPPROTO_IP},
		{ruleset.FamilyIPv6, "/proc/thread-self/net/ip6_tables_names", unix.AF_INET6, unix.IPPROTO_IPV6},
	} {
		names, err := readSmall(f.names)
		if errors.Is(err, unix.ENOENT) {
			continue
		}
		if err != nil {
			return err
		}
		for name := range strings.FieldsSeq(names) {
			if err := readLegacyTable(b, f.family, f.domain, f.level, name); err != nil {
				return fmt.Errorf("table %s: %w", name, err)
			}
		}
	}
	return nil
}

// readSmall reads a file of the proc filesystem that is less than a page. What
// os.ReadFile does beside that takes longer than the file.
func readSmall(path string) (string, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(fd)
	buffer := make([]byte, 4096)
	for {
		n, err := unix.Read(fd, buffer)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		return string(buffer[:max(n, 0)]), err
	}
}

// Socket options of linux/netfilter_ipv4/ip_tables.h.
const (
	optGetInfo    = 64 // IPT_SO_GET_INFO
	optGetEntries = 65 // IPT_SO_GET_ENTRIES

	entriesMost = 256 << 20 // bytes
)

// readLegacyTable asks again if the table grew between the two questions.
func readLegacyTable(b builder, family ruleset.Family, domain, level int, name string) error {
	fd, err := unix.Socket(domain, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	const attempts = 8
	for range attempts {
		buffer := make([]byte, ruleset.LegacyInfoLen)
		copy(buffer[:31], name)
		if err := getsockopt(fd, level, optGetInfo, buffer); err != nil {
			return err
		}
		info, err := ruleset.ReadLegacyInfo(buffer)
		if err != nil {
			return err
		}
		if info.Size > entriesMost {
			return fmt.Errorf("%d bytes of rules", info.Size)
		}
		buffer = make([]byte, ruleset.LegacyEntriesLen+int(info.Size))
		copy(buffer[:31], name)
		*(*uint32)(unsafe.Pointer(&buffer[32])) = info.Size
		err = getsockopt(fd, level, optGetEntries, buffer)
		if errors.Is(err, unix.EAGAIN) {
			continue
		}
		if err != nil {
			return err
		}
		return b.AddLegacy(family, info, buffer[ruleset.LegacyEntriesLen:])
	}
	return unix.EAGAIN
}

// getsockopt fills the whole buffer, which golang.org/x/sys/unix has no call
// for.
func getsockopt(fd, level, name int, buffer []byte) error {
	length := uint32(len(buffer))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), uintptr(level), uintptr(name),
		uintptr(unsafe.Pointer(&buffer[0])), uintptr(unsafe.Pointer(&length)), 0)
	runtime.KeepAlive(buffer)
	if errno != 0 {
		return errno
	}
	return nil
}
