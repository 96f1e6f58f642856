package procfs

import "strings"

// ParseProtocols tells which protocols have a socket, by their names in
// /proc/net/protocols, whose lines are such as "MPTCPv6 2064 3 …": name, size of a
// socket, number of them. Those that a process holds are counted, bound or
// connected, but neither TIME_WAIT nor what is bound and idle
// (sock_prot_inuse_add of the kernel).
func ParseProtocols(text string) map[string]bool {
	used := make(map[string]bool)
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) > 2 && fields[2] != "0" {
			used[fields[0]] = true
		}
	}
	return used
}
