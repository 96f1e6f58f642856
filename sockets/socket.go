package sockets

import (
	"cmp"
	"net/netip"
	"time"
)

// Socket is one TCP or UDP socket of this machine.
//
// A field that the platform does not tell is unknown, not guessed: the
// comments name the value that stands for that.
type Socket struct {
	Proto         string         // "tcp" or "udp"
	Local, Remote netip.AddrPort // Remote is the zero AddrPort without a peer; IPv4-mapped IPv6 stays as it is
	State         State
	UID           int    // the user who made the socket; -1 unknown
	Inode         uint64 // of sockfs, Linux only; 0 unknown
	NetNS         uint64 // inode of the network namespace, Linux only; 0 unknown

	// Privileged: it waits on a port that needs root, CAP_NET_BIND_SERVICE or
	// the platform's equal to bind. Always false on Windows.
	Privileged bool

	// Processes are all known holders by PID, ascending. It is empty when
	// holders were not asked for, or when Hidden says why they are not known.
	// Sockets with the same holder share its Cmdline: do not change it.
	Processes []Process
	Hidden    Hidden
}

// Exposure tells who can reach the socket by its bind address.
func (s Socket) Exposure() Exposure { return ExposureOf(s.Local.Addr()) }

// Process is a holder of a socket. Everything but PID may be unknown: a
// process can end, or refuse to be looked at, while it is being read.
//
// Name, Exe and Cmdline are chosen by the process and may hold any bytes.
// Escape them before they reach a terminal.
type Process struct {
	PID     int
	Name    string    // in full where the system cuts it; "" unknown
	Exe     string    // path; Linux appends " (deleted)" to one that is gone; "" unknown
	Cmdline []string  // arguments, the program's name first; nil unknown
	User    string    // name of UID; "" unknown or nameless
	UID     int       // effective user; -1 unknown, and always on Windows
	Started time.Time // to 10 ms on Linux; zero unknown
}

// Snapshot is what [Lister.List] saw.
type Snapshot struct {
	Sockets  []Socket  // by local port, protocol, local address, remote address
	Warnings []error   // what could not be read; the sockets are complete but for this
	At       time.Time // when the reading began
}

// compare orders sockets for people: by port, protocol, address; the rest
// makes the order total.
func compare(a, b Socket) int {
	return cmp.Or(
		cmp.Compare(a.Local.Port(), b.Local.Port()),
		cmp.Compare(a.Proto, b.Proto),
		a.Local.Addr().Compare(b.Local.Addr()),
		a.Remote.Compare(b.Remote),
		cmp.Compare(a.State, b.State),
		cmp.Compare(a.NetNS, b.NetNS),
		cmp.Compare(a.Inode, b.Inode),
		cmp.Compare(firstPID(a), firstPID(b)),
	)
}

func firstPID(s Socket) int {
	if len(s.Processes) == 0 {
		return 0
	}
	return s.Processes[0].PID
}
