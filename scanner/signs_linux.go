package scanner

// systemSigns are those that Linux has.
func systemSigns(s *Scanner) *signs {
	return &signs{
		echo: func(rate float64) (echoer, error) {
			from, err := newOrigin(s.Source, s.Interface)
			if err != nil {
				return noEcho{}, nil // the scan of the ports tells
			}
			return newPinger(rate, from)
		},
		neighbours: systemNeighbours,
	}
}

func systemNeighbours() neighbourTable { return new(neighbours) }
