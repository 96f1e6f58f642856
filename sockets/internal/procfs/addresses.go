package procfs

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
)

// ParseLocalRoutes takes the machine's own IPv4 addresses from /proc/net/fib_trie:
// a leaf "|-- 172.17.0.2" with "/32 host LOCAL" below it.
func ParseLocalRoutes(r io.Reader) ([]netip.Addr, error) {
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

// ParseInet6 takes the addresses from /proc/net/if_inet6: 32 hexadecimal
// digits begin each line.
func ParseInet6(r io.Reader) ([]netip.Addr, error) {
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
