//go:build darwin || freebsd

package scanner

import (
	"math"

	"golang.org/x/sys/unix"
)

// ephemeralPorts is net.inet.ip.portrange.first to last (ip(4)): 49152 to 65535 on
// macOS, 10000 to 65535 on FreeBSD, unless someone changed it.
func ephemeralPorts() (first, last uint16) {
	lowest, err := unix.SysctlUint32("net.inet.ip.portrange.first")
	highest, lastErr := unix.SysctlUint32("net.inet.ip.portrange.last")
	if err != nil || lastErr != nil || lowest > highest || highest > math.MaxUint16 {
		return ianaEphemeral()
	}
	return uint16(lowest), uint16(highest)
}
