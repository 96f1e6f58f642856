// Package machine reads what this machine's kernel and files say about ports
// and executables, beyond what its socket table tells.
//
// Start with [ReadPorts] for the rules that the kernel has for ports, and with
// [ReadExecutable] for the file that a process runs. What may not be read is
// unknown; nothing is guessed. Linux tells all of it, other systems the rules for
// ports only.
package machine

// Ports are the rules for the ports of one network namespace, or of a system without
// such: on Linux by ip(7) and Documentation/networking/ip-sysctl.rst of the kernel, on
// macOS and FreeBSD by ip(4) and mac_portacl(4), on Windows by netsh.
type Ports struct {
	Known             bool
	System            string             // whose rules they are: "darwin", "freebsd", "windows"; "" is Linux
	FirstUnprivileged uint16             // anyone may bind this port and those above; on macOS those below, too, on every address
	ACL               uint16             // FreeBSD: the last port that takes a rule of mac_portacl, for others than root; 0 where that is not loaded
	Ephemeral         Range              // outgoing connections take their ports here
	Reserved          []Range            // Linux, ip_local_reserved_ports: but not these
	Excluded          map[string][]Range // Windows, by protocol: nobody gets these but who reserved them
}

// Excludes returns the range that Windows gives to nobody, of those that have the
// port.
func (p Ports) Excludes(proto string, port uint16) (Range, bool) {
	for _, r := range p.Excluded[proto] {
		if r.Contains(port) {
			return r, true
		}
	}
	return Range{}, false
}

// Range is a range of ports, both ends included.
type Range struct{ First, Last uint16 }

// Contains reports whether the port is in the range; the zero Range has none.
func (r Range) Contains(port uint16) bool {
	return r.Last != 0 && r.First <= port && port <= r.Last
}

// Executable is what is known of the file that a process runs.
type Executable struct {
	Known    bool   // it could be looked at
	Deleted  bool   // the file is gone from its path, or another has taken its place
	Memory   bool   // there never was a path: it lies in memory alone (memfd_create(2))
	Changed  bool   // the file was written after the process had started
	Writable string // who besides root and the process's user can change it, and where; "" nobody, or not known
}
