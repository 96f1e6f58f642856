package sockets

import (
	"strings"

	"porthole/internal/sockdiag"
)

// inUse tells which protocols have a socket in one network namespace, by their
// names in /proc/net/protocols; nil if that is not known. A dump walks over the
// whole table of its protocol, which for UDP has as many slots as there are ports
// even where nothing is in it.
type inUse map[string]bool

// readInUse reads it for the namespace of the calling thread.
func readInUse() inUse {
	text, err := readWhole("/proc/thread-self/net/protocols")
	if err != nil {
		return nil
	}
	return parseInUse(text)
}

// parseInUse reads lines such as "MPTCPv6 2064 3 …": name, size of a socket,
// number of them. Those that a process holds are counted, bound or connected, but
// neither TIME_WAIT nor what is bound and idle (sock_prot_inuse_add of the
// kernel).
func parseInUse(protocols string) inUse {
	used := make(inUse)
	for line := range strings.Lines(protocols) {
		if fields := strings.Fields(line); len(fields) > 2 && fields[2] != "0" {
			used[fields[0]] = true
		}
	}
	return used
}

// may tells whether there may be a socket of that protocol and family.
func (u inUse) may(protocol uint16, family uint8) bool {
	if u == nil {
		return true
	}
	name := ""
	switch protocol {
	case sockdiag.TCP:
		name = "TCP"
	case sockdiag.UDP:
		name = "UDP"
	case sockdiag.MPTCP:
		name = "MPTCP"
	case sockdiag.UDPLite:
		if family == sockdiag.IPv4 {
			return u["UDP-Lite"]
		}
		name = "UDPLITE"
	}
	if family == sockdiag.IPv6 {
		name += "v6"
	}
	return u[name]
}
