package sockets

import (
	"cmp"
	"net/netip"
	"time"
)

// Socket is one TCP or UDP socket of this machine.
//
// A field that the platform does not tell is unknown, not guessed: the
// comments name the value that stands for that, the zero value where they do
// not. Linux tells all of them, the others those up to User, and
// FreeBSD V6Only.
type Socket struct {
	Proto         string         // "tcp", "udp" or "udplite" (RFC 3828); MPTCP is "tcp", which is what peers speak to it
	Local, Remote netip.AddrPort // Remote is the zero AddrPort without a peer; IPv4-mapped IPv6 stays as it is
	State         State

	// Processes are all known holders by PID, ascending. It is empty when
	// holders were not asked for, or when Hidden says why they are not known.
	// Sockets with the same holder share its Cmdline and Parents: do not
	// change them.
	Processes []Process
	Hidden    Hidden

	// Kernel names the part of the kernel that has the socket, where no process does
	// and that could be found out: "vxlan vx0", "geneve gn0", "wireguard wg0", "mptcp
	// endpoint", "nfsd", "lockd"; "nlockmgr, as rpcbind says" where only rpcbind tells.
	// It may have any bytes of an interface's name. Else "".
	Kernel string

	// Privileged: it waits on a port that takes root, CAP_NET_BIND_SERVICE or the
	// platform's equivalent to bind. On macOS that holds for low ports on single
	// addresses only, on Windows for none.
	Privileged bool
	Flags      Flags

	UID  int    // the user who made the socket; -1 unknown
	User string // name of UID; "" unknown or nameless

	Inode  uint64 // of sockfs
	Cookie uint64 // the kernel's number for the socket, never given twice

	NetNS     uint64 // inode of the network namespace
	NetNSName string // in /run/netns; "pid:812" (nsenter -t 812 -n) where NetNS may not be read; else ""
	Isolated  bool   // the namespace has loopback addresses only: nothing outside of it can come in

	MPTCP  bool     // it takes Multipath TCP too (RFC 8684)
	V6Only Tristate // IPv6 sockets on [::]: whether IPv4 is kept out
	Device string   // the interface that it is bound to by SO_BINDTODEVICE or a link-local address; "" any

	DeviceExposure Exposure // who reaches Device, by its addresses

	Backlog uint32 // of a listener: the most connections that may wait
	RecvQ   uint32 // bytes not yet read; of a listener, connections not yet accepted
	SendQ   uint32 // bytes not yet acknowledged or sent

	// ReuseportGroup is the same for sockets that wait side by side on one address, and
	// for no others: the smallest Cookie among them. Listeners can do so by SO_REUSEPORT
	// only, UDP sockets by SO_REUSEADDR, too. 0 for a socket alone.
	ReuseportGroup uint64

	Cgroup    string     // path in the cgroup v2 tree where the socket was made
	Unit      string     // the systemd unit: the .socket that handed it down, else that of Cgroup or of the holder; on Windows the holder's services
	Container *Container // that it belongs to; nil for none that is known
	Published *Published // where connections go, if it is on the published port of a container; else nil

	// PublishedAt are the published ports of a container that lead to the socket, by
	// port: by a process that forwards, or by NAT rules as far as these may be read and
	// are understood.
	PublishedAt []PublishedAt
}

// Exposure tells who can reach the socket by its bind address, by the device that it
// is bound to, and by the addresses of its network namespace where these are known.
// A wildcard on a device of which nothing is known is [ExposureUnknown].
func (s Socket) Exposure() Exposure {
	e := ExposureOf(s.Local.Addr())
	switch {
	case s.Isolated:
		return ExposureLoopback
	case s.Device == "":
		return e
	case s.DeviceExposure == ExposureLoopback, e == ExposureAll:
		return s.DeviceExposure
	default:
		return e
	}
}

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

	// The rest is Linux only, but for Unit and BindRight.
	Dir       string       // its working directory, as it sees it; any bytes; "" unknown
	Memory    uint64       // bytes that are resident, shared ones among them; 0 unknown
	State     ProcessState // when it was read
	Parents   []Parent     // the one that started it first, up to PID 1
	Cgroup    string       // path in the cgroup v2 tree, or in systemd's where there is no v2
	Unit      string       // systemd's service, scope or slice; the services of Windows that run in it, "Dnscache, nsi"; "" none
	Container *Container   // that it runs in; nil for none that is known
	BindRight BindRight    // of a waiting socket on a port below 1024: by what right it may bind

	caps caps
}

// Parent is a process that started another.
type Parent struct {
	PID  int
	Name string // cut at 15 bytes, any bytes; "" unknown
}

// ProcessState is what a process does (proc_pid_stat(5)).
type ProcessState uint8

const (
	ProcessStateUnknown   ProcessState = iota
	ProcessStateRunning                // R: it runs, or waits for a processor
	ProcessStateSleeping               // S: it waits for something, as servers do
	ProcessStateDiskSleep              // D: it waits for a device, and hears no signal meanwhile
	ProcessStateStopped                // T: a signal stopped it
	ProcessStateTraced                 // t: a debugger stopped it
	ProcessStateZombie                 // Z: it has ended; other threads may go on
	ProcessStateIdle                   // I: a kernel thread without work
)

// String is the state as the JSON records spell it; "" for [ProcessStateUnknown].
func (s ProcessState) String() string {
	switch s {
	case ProcessStateRunning:
		return "running"
	case ProcessStateSleeping:
		return "sleeping"
	case ProcessStateDiskSleep:
		return "disk-sleep"
	case ProcessStateStopped:
		return "stopped"
	case ProcessStateTraced:
		return "traced"
	case ProcessStateZombie:
		return "zombie"
	case ProcessStateIdle:
		return "idle"
	default:
		return ""
	}
}

// processState reads the letter of a state (proc_pid_stat(5)). The letters that only old
// kernels have (W, K, P) are unknown.
func processState(letter byte) ProcessState {
	switch letter {
	case 'R':
		return ProcessStateRunning
	case 'S':
		return ProcessStateSleeping
	case 'D':
		return ProcessStateDiskSleep
	case 'T':
		return ProcessStateStopped
	case 't':
		return ProcessStateTraced
	case 'Z':
		return ProcessStateZombie
	case 'I':
		return ProcessStateIdle
	default:
		return ProcessStateUnknown
	}
}

// Snapshot is what [Lister.List] saw.
type Snapshot struct {
	Sockets    []Socket    // by local port, protocol, local address, remote address
	Namespaces []Namespace // that were read, on Linux
	Warnings   []error     // what could not be read, or not in full; see [Snapshot.Complete]
	At         time.Time   // when the reading began
}

// peer is the zero AddrPort for a socket without one.
func peer(remote netip.AddrPort) netip.AddrPort {
	if remote.Port() == 0 && remote.Addr().IsUnspecified() {
		return netip.AddrPort{}
	}
	return remote
}

// compare orders sockets for people: by port, protocol, address; the rest
// makes the order total.
func compare(a, b *Socket) int {
	// Most pairs differ in the port, and cmp.Or looks at all of its arguments.
	if order := cmp.Compare(a.Local.Port(), b.Local.Port()); order != 0 {
		return order
	}
	if order := cmp.Compare(a.Proto, b.Proto); order != 0 {
		return order
	}
	return cmp.Or(
		a.Local.Addr().Compare(b.Local.Addr()),
		a.Remote.Compare(b.Remote),
		cmp.Compare(a.State, b.State),
		cmp.Compare(a.NetNS, b.NetNS),
		cmp.Compare(a.NetNSName, b.NetNSName),
		cmp.Compare(a.Inode, b.Inode),
		cmp.Compare(firstPID(a), firstPID(b)),
	)
}

// Tristate is yes or no where that is known.
type Tristate uint8

const (
	TristateUnknown Tristate = iota
	TristateNo
	TristateYes
)

// String is "yes", "no" or "unknown".
func (t Tristate) String() string {
	switch t {
	case TristateNo:
		return "no"
	case TristateYes:
		return "yes"
	default:
		return "unknown"
	}
}

func tristate(yes bool) Tristate {
	if yes {
		return TristateYes
	}
	return TristateNo
}

func firstPID(s *Socket) int {
	if len(s.Processes) == 0 {
		return 0
	}
	return s.Processes[0].PID
}
