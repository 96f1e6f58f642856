package report

import (
	"strconv"
	"strings"
)

// portSet is a set of port numbers, one bit for each.
type portSet [1 << 16 / 64]uint64

func (s *portSet) add(port uint16)      { s[port/64] |= 1 << (port % 64) }
func (s *portSet) has(port uint16) bool { return s[port/64]>>(port%64)&1 == 1 }

// text writes the set as ranges, as in "22,80,8000-8010", and counts its ports.
func (s *portSet) text() (ranges string, n int) {
	var parts []string
	for port := 0; port < 1<<16; port++ {
		if !s.has(uint16(port)) {
			continue
		}
		first := port
		for port < 1<<16 && s.has(uint16(port)) {
			port++
		}
		n += port - first
		part := strconv.Itoa(first)
		if port-1 > first {
			part += "-" + strconv.Itoa(port-1)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ","), n
}
