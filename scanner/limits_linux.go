package scanner

import (
	"os"
	"strconv"
	"strings"
)

// ephemeralPorts is this network namespace's net.ipv4.ip_local_port_range,
// which holds for IPv6 as well (Documentation/networking/ip-sysctl.rst).
func ephemeralPorts() (first, last uint16) {
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err == nil {
		if first, last, ok := parsePortRange(string(text)); ok {
			return first, last
		}
	}
	return ianaEphemeral()
}

// parsePortRange reads "first<blank>last".
func parsePortRange(text string) (first, last uint16, ok bool) {
	fields := strings.Fields(text)
	if len(fields) != 2 {
		return 0, 0, false
	}
	lo, errLo := strconv.ParseUint(fields[0], 10, 16)
	hi, errHi := strconv.ParseUint(fields[1], 10, 16)
	if errLo != nil || errHi != nil || lo > hi {
		return 0, 0, false
	}
	return uint16(lo), uint16(hi), true
}
