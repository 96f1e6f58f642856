package sockets

import (
	"cmp"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
)

// Published is where the published port of a container leads to: the socket's holder
// forwards connections there, or NAT rules redirect them before they reach the socket.
type Published struct {
	To        netip.AddrPort // inside the container
	Container *Container     // that has the address; nil unknown
}

// PublishedAt is a published port: connections to it are forwarded to a socket in a
// container.
type PublishedAt struct {
	Addr        netip.Addr // of the namespace that has the port; unspecified: every address
	First, Last uint16     // one of these ports, both included
	NetNS       uint64     // inode of that namespace
}

// String is "0.0.0.0:8080", or "0.0.0.0:8000-8010" where any of these ports
// may lead to the socket.
func (p PublishedAt) String() string {
	text := netip.AddrPortFrom(p.Addr, p.First).String()
	if p.Last != p.First {
		text += "-" + strconv.Itoa(int(p.Last))
	}
	return text
}

func (a PublishedAt) before(b PublishedAt) bool {
	return cmp.Or(cmp.Compare(a.First, b.First), a.Addr.Compare(b.Addr), cmp.Compare(a.Last, b.Last), cmp.Compare(a.NetNS, b.NetNS)) < 0
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
