// Package machine reads what this machine's kernel and files say about ports
// and executables, beyond what its socket table tells.
//
// Start with [ReadPorts] for the rules that the kernel has for ports, and with
// [ReadExecutable] for the file that a process runs. What may not be read is
// unknown; nothing is guessed. Linux tells all of it, other systems nothing.
package machine

// Ports are the rules for the ports of one network namespace (ip(7), and
// Documentation/networking/ip-sysctl.rst of the kernel).
type Ports struct {
	Known             bool
	FirstUnprivileged uint16  // ip_unprivileged_port_start: anyone may bind this port and those above
	Ephemeral         Range   // ip_local_port_range: outgoing connections take their ports here
	Reserved          []Range // ip_local_reserved_ports: but not these
}

// Range is a range of ports, both ends included.
type Range struct{ First, Last uint16 }

// Contains tells whether the port is in the range; the zero Range has none.
func (r Range) Contains(port uint16) bool {
	return r.Last != 0 && r.First <= port && port <= r.Last
}

// Executable is what is known of the file that a process runs.
type Executable struct {
	Deleted  bool   // the file is gone from its path, or another has taken its place
	Changed  bool   // the file was written after the process had started
	Writable string // who besides root and the process's user can change it, and where; "" nobody, or not known
}
