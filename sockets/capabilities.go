package sockets

// BindRight is by what right a process may bind the low port that it holds.
type BindRight uint8

const (
	BindRightUnknown          BindRight = iota // not a low port, or not readable
	BindRightRoot                              // effective uid 0 with CAP_NET_BIND_SERVICE
	BindRightCapability                        // CAP_NET_BIND_SERVICE without being root
	BindRightUnprivilegedPort                  // anyone may: ip_unprivileged_port_start of the namespace is not above the port
	BindRightUserNamespace                     // CAP_NET_BIND_SERVICE of the user namespace that owns the network namespace
	BindRightInherited                         // none now: the socket was handed down, or bound before the right was dropped
	BindRightWildcard                          // anyone may, on every address: macOS from 10.14 on
	BindRightPortACL                           // a rule of FreeBSD's mac_portacl names the user
)

// String is the right as the JSON records spell it; "" for [BindRightUnknown].
func (r BindRight) String() string {
	switch r {
	case BindRightRoot:
		return "root"
	case BindRightCapability:
		return "capability"
	case BindRightUnprivilegedPort:
		return "unprivileged-port"
	case BindRightUserNamespace:
		return "user-namespace"
	case BindRightInherited:
		return "inherited"
	case BindRightWildcard:
		return "wildcard-address"
	case BindRightPortACL:
		return "port-acl"
	default:
		return ""
	}
}

// Flags are what deserves a look about a low port, as a set of bits.
type Flags uint8

const (
	// FlagNonRoot: a process that is not root holds a privileged port.
	FlagNonRoot Flags = 1 << iota
	// FlagNeedlessRoot: root holds a privileged port, and to bind it
	// CAP_NET_BIND_SERVICE would do.
	FlagNeedlessRoot
	// FlagLoweredStart: the port is free for all only because
	// ip_unprivileged_port_start of the namespace was lowered.
	FlagLoweredStart
)

// Words are the flags as the JSON records spell them; nil for none.
func (f Flags) Words() []string {
	var words []string
	for i, word := range [...]string{"non-root", "needless-root", "lowered-start"} {
		if f&(1<<i) != 0 {
			words = append(words, word)
		}
	}
	return words
}

// caps are the capabilities that the kernel checks when a process binds a low port
// (inet_port_requires_bind_service and ns_capable, bind(2)).
type caps struct {
	known         bool
	effective     uint64 // CapEff of /proc/pid/status
	userNamespace uint64 // inode; 0 unknown
}

const capNetBindService = 10 // of linux/capability.h

// lowPorts is what the rows of one network namespace share about binding.
type lowPorts struct {
	firstUnprivileged uint16
	userNamespace     uint64 // inode of the one that owns the namespace; 0 unknown
}

// lowPort is where ports are privileged unless a sysctl says otherwise.
const lowPort = 1024

// judge sets the holders' rights and the flags of a socket that waits on a low
// port.
func (p lowPorts) judge(s *Socket) {
	port := s.Local.Port()
	if !s.State.Waits() || port == 0 || port >= lowPort {
		return
	}
	if port >= p.firstUnprivileged {
		s.Flags |= FlagLoweredStart
	}
	for i := range s.Processes {
		h := &s.Processes[i]
		h.BindRight = p.rightOf(port, h)
		switch {
		case !s.Privileged:
		case h.BindRight == BindRightRoot:
			s.Flags |= FlagNeedlessRoot
		case h.UID > 0:
			s.Flags |= FlagNonRoot
		}
	}
}

// rightOf follows the kernel's own order.
func (p lowPorts) rightOf(port uint16, h *Process) BindRight {
	switch {
	case port >= p.firstUnprivileged:
		return BindRightUnprivilegedPort
	case !h.caps.known:
		return BindRightUnknown
	case h.caps.effective&(1<<capNetBindService) == 0, p.outranks(h.caps.userNamespace):
		return BindRightInherited
	case p.userNamespace != 0 && p.userNamespace == h.caps.userNamespace && p.userNamespace != initUserNamespace:
		return BindRightUserNamespace
	case h.UID == 0:
		return BindRightRoot
	default:
		return BindRightCapability
	}
}

// outranks reports whether the network namespace belongs to the first user namespace
// and the process lives in another one. A capability does not count outside of its own
// user namespace and those below.
func (p lowPorts) outranks(userNamespace uint64) bool {
	return p.userNamespace == initUserNamespace && userNamespace != 0 && userNamespace != initUserNamespace
}

// initUserNamespace is the inode of the machine's first user namespace:
// PROC_USER_INIT_INO of linux/proc_ns.h.
const initUserNamespace = 0xEFFFFFFD
