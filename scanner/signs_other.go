//go:build !linux

package scanner

import "errors"

// systemSigns has none: porthole knows how to ask for them on Linux only.
func systemSigns(*Scanner) *signs {
	return &signs{
		echo: func(float64) (echoer, error) {
			return noEcho{}, errors.New("no echo requests: porthole sends them on Linux only")
		},
		neighbours: systemNeighbours,
	}
}

func systemNeighbours() neighbourTable { return noNeighbours{} }
