package procfs

import "strings"

// ParseProtocols reads from /proc/net/protocols which protocols have a socket. A line is
// such as "MPTCPv6 2064 3 …": name, size of a socket, number of them. The number is of
// sockets that a process holds, without those in TIME_WAIT and TCP sockets that are bound
// and idle (sock_prot_inuse_add of the kernel).
func ParseProtocols(text string) map[string]bool {
	used := make(map[string]bool)
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) > 2 && fields[2] != "0" {
			used[fields[0]] = true
		}
	}
	return used
}
