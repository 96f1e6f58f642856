//go:build unix

package scanner

import (
	"net"
	"strconv"
)

// scopes remembers the interfaces that zones name: looking one up takes ten times as
// long as asking a port.
type scopes map[string]uint32

// of is the index of the interface that a zone names or numbers; 0, which the
// kernel refuses for a link-local address, if there is none.
func (m *scopes) of(zone string) uint32 {
	if zone == "" {
		return 0
	}
	scope, known := (*m)[zone]
	if !known {
		scope = scopeOf(zone)
		if *m == nil {
			*m = make(scopes)
		}
		(*m)[zone] = scope
	}
	return scope
}

func scopeOf(zone string) uint32 {
	if n, err := strconv.ParseUint(zone, 10, 32); err == nil {
		return uint32(n)
	}
	ifi, err := net.InterfaceByName(zone)
	if err != nil {
		return 0
	}
	return uint32(ifi.Index)
}
