package sockets

// Hidden is why a socket's holders are not known.
type Hidden uint8

const (
	HiddenNone              Hidden = iota // the holders are known, or were not asked for
	HiddenPermission                      // this user may not look into the holder
	HiddenOtherPIDNamespace               // the holder lives in a PID namespace that is not visible from here
	HiddenNoOwner                         // no process holds it: closed but lingering, in flight, or the kernel's own, without a name
	HiddenKernel                          // the kernel itself has it; Socket.Kernel says what of it
	HiddenNoProc                          // there is no /proc that shows this process and the others
	HiddenLocalLimit                      // this process ran out of descriptors or memory while it looked
)

// String is the reason as the JSON records spell it; "" for [HiddenNone].
func (h Hidden) String() string {
	switch h {
	case HiddenPermission:
		return "permission"
	case HiddenOtherPIDNamespace:
		return "other-pid-namespace"
	case HiddenNoOwner:
		return "no-owner"
	case HiddenKernel:
		return "kernel"
	case HiddenNoProc:
		return "no-proc"
	case HiddenLocalLimit:
		return "local-limit"
	default:
		return ""
	}
}

// whyHidden explains a socket in state s for which no process was found.
// unreadable is what keeps this process from seeing every other one.
func whyHidden(s State, unreadable Hidden) Hidden {
	switch {
	case s == StateTimeWait, s == StateSynRecv:
		// The kernel keeps these by itself; no process has a descriptor.
		return HiddenNoOwner
	case unreadable == HiddenNone:
		return HiddenNoOwner
	default:
		return unreadable
	}
}
