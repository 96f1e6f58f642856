package registry

// Class is the part of the port number space that a port belongs to, as
// RFC 6335 section 6 draws it.
type Class uint8

const (
	ClassWellKnown  Class = iota // 0-1023, the System Ports
	ClassRegistered              // 1024-49151, the User Ports
	ClassDynamic                 // 49152-65535, never assigned: clients use them for a while
)

const (
	lastWellKnown  = 1023
	lastRegistered = 49151
	lastPort       = 65535
)

// ClassOf returns the class of a port.
func ClassOf(port uint16) Class {
	switch {
	case port <= lastWellKnown:
		return ClassWellKnown
	case port <= lastRegistered:
		return ClassRegistered
	default:
		return ClassDynamic
	}
}

// String returns "well-known", "registered" or "dynamic".
func (c Class) String() string {
	switch c {
	case ClassWellKnown:
		return "well-known"
	case ClassRegistered:
		return "registered"
	default:
		return "dynamic"
	}
}

// parseClass is the inverse of String.
func parseClass(s string) (Class, bool) {
	for c := range ClassDynamic + 1 {
		if c.String() == s {
			return c, true
		}
	}
	return 0, false
}

// span returns the ports of the class.
func (c Class) span() Range {
	switch c {
	case ClassWellKnown:
		return Range{0, lastWellKnown}
	case ClassRegistered:
		return Range{lastWellKnown + 1, lastRegistered}
	default:
		return Range{lastRegistered + 1, lastPort}
	}
}
