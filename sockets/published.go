package sockets

import (
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
)

// Published is where the published port of a container leads to: connections
// are taken here and handed on.
type Published struct {
	To        netip.AddrPort // inside the container
	Container *Container     // that has the address; nil unknown
}

// parseProxy reads the arguments of docker-proxy, which holds a published port
// on the host: "-proto tcp -host-ip 0.0.0.0 -host-port 8080 -container-ip
// 172.17.0.2 -container-port 80". ok is false for every other program.
func parseProxy(cmdline []string, hostPort uint16) (to netip.AddrPort, ok bool) {
	if len(cmdline) == 0 || filepath.Base(cmdline[0]) != "docker-proxy" {
		return netip.AddrPort{}, false
	}
	values := make(map[string]string)
	for i := 1; i+1 < len(cmdline); i++ {
		if name, found := strings.CutPrefix(cmdline[i], "-"); found {
			values[strings.TrimPrefix(name, "-")] = cmdline[i+1]
		}
	}
	if values["host-port"] != strconv.Itoa(int(hostPort)) {
		return netip.AddrPort{}, false
	}
	addr, err := netip.ParseAddr(values["container-ip"])
	if err != nil {
		return netip.AddrPort{}, false
	}
	port, err := strconv.ParseUint(values["container-port"], 10, 16)
	if err != nil {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(addr, uint16(port)), true
}
