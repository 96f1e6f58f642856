//go:build !linux

package scanner

import "errors"

// systemDiscovery returns none: they are implemented for Linux only.
func systemDiscovery(*Scanner) *discoveryMethods {
	return &discoveryMethods{
		echo: func(float64) (echoer, error) {
			return noEcho{}, errors.New("no echo requests: porthole sends them on Linux only")
		},
		neighbours: systemNeighbours,
	}
}

func systemNeighbours() neighbourTable { return noNeighbours{} }
