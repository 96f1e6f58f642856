package scanner

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
		neighbours: systemNeighbours,
	}
}

func systemNeighbours() neighbourTable { return new(neighbours) }
