package scanner

// systemSigns are those that Linux has.
func systemSigns(s *Scanner) *signs {
	return &signs{
		echo:       func(rate float64) (echoer, error) { return newPinger(rate) },
		neighbours: func() neighbourTable { return new(neighbours) },
	}
}
