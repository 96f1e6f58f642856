package scanner

import "net/netip"

// systemDiscovery returns what Linux has: ping sockets and the neighbour table.
func systemDiscovery(s *Scanner) *discoveryMethods {
	return &discoveryMethods{
		echo: func(rate float64) (echoer, error) {
			from, err := newOrigin(s.Source, s.Interface)
			if err != nil {
				return noEcho{}, nil // the scan of the ports has the same error
			}
			return newPinger(rate, from)
		},
		neighbours: func() neighbourTable { return systemNeighbours(s.Source, s.Interface) },
	}
}

func systemNeighbours(source netip.Addr, device string) neighbourTable {
	return &neighbours{source: source.Unmap(), device: device}
}
