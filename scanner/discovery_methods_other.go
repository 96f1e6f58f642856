//go:build !linux

package scanner

import (
	"errors"
	"net/netip"
)

// systemDiscovery returns none: they are implemented for Linux only.
func systemDiscovery(s *Scanner) *discoveryMethods {
	return &discoveryMethods{
		echo: func(float64) (echoer, error) {
			return noEcho{}, errors.New("no echo requests: porthole sends them on Linux only")
		},
		neighbours: func() neighbourTable { return systemNeighbours(s.Source, s.Interface) },
	}
}

func systemNeighbours(netip.Addr, string) neighbourTable { return noNeighbours{} }
