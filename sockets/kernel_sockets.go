package sockets

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"strconv"
	"strings"

	"porthole/internal/netlink"
)

// kernelPort is a port that a part of the kernel waits on by itself.
type kernelPort struct {
	proto string
	port  uint16
}

// tunnel is an interface that may wait on a UDP port.
type tunnel struct {
	kind, name string
	port       uint16 // 0: the interface does not say
}

// Of struct ifinfomsg and IFLA_* of linux/if_link.h.
const (
	linkHeaderLen = 16
	linkName      = 3  // IFLA_IFNAME
	linkInfo      = 18 // IFLA_LINKINFO
	linkInfoKind  = 1  // IFLA_INFO_KIND
	linkInfoData  = 2  // IFLA_INFO_DATA
)

// portAttribute is where the data of an interface has its UDP port, in network byte
// order: IFLA_VXLAN_PORT, IFLA_GENEVE_PORT, IFLA_BAREUDP_PORT. WireGuard has none.
func portAttribute(kind string) (attribute uint16, ok bool) {
	switch kind {
	case "vxlan":
		return 15, true
	case "geneve":
		return 5, true
	case "bareudp":
		return 1, true
	case "wireguard":
		return 0, true
	default:
		return 0, false
	}
}

// parseTunnel reads the body of an RTM_NEWLINK (rtnetlink(7)). ok is false for an
// interface that is no tunnel over UDP.
func parseTunnel(body []byte) (t tunnel, ok bool, err error) {
	if len(body) < linkHeaderLen {
		return tunnel{}, false, netlink.ErrShort
	}
	var data []byte
	err = netlink.Attributes(body[linkHeaderLen:], func(kind uint16, value []byte) error {
		switch kind {
		case linkName:
			t.name = netlink.Text(value)
		case linkInfo:
			return netlink.Attributes(value, func(kind uint16, value []byte) error {
				switch kind {
				case linkInfoKind:
					t.kind = netlink.Text(value)
				case linkInfoData:
					data = value
				}
				return nil
			})
		}
		return nil
	})
	const flagsAt, up = 8, 1 // IFF_UP of linux/if.h: else it has no socket
	at, ok := portAttribute(t.kind)
	if err != nil || !ok || binary.NativeEndian.Uint32(body[flagsAt:])&up == 0 {
		return tunnel{}, false, err
	}
	err = netlink.Attributes(data, func(kind uint16, value []byte) error {
		if kind == at && at != 0 && len(value) >= 2 {
			t.port = binary.BigEndian.Uint16(value)
		}
		return nil
	})
	return t, err == nil, err
}

// Of generic netlink (linux/genetlink.h) and of WireGuard (linux/wireguard.h).
const (
	genericHeaderLen = 4  // struct genlmsghdr
	controlFamily    = 16 // GENL_ID_CTRL
	controlGet       = 3  // CTRL_CMD_GETFAMILY
	controlID        = 1  // CTRL_ATTR_FAMILY_ID
	controlName      = 2  // CTRL_ATTR_FAMILY_NAME
	wireguardGet     = 0  // WG_CMD_GET_DEVICE
	wireguardName    = 2  // WGDEVICE_A_IFNAME
	wireguardPort    = 6  // WGDEVICE_A_LISTEN_PORT
)

// genericRequest is the body of a request to a family, about a name.
func genericRequest(command uint8, attribute uint16, name string) []byte {
	return netlink.AppendText([]byte{command, 1, 0, 0}, attribute, name)
}

// Of the path manager of MPTCP (linux/mptcp_pm.h).
const (
	mptcpGetAddr  = 3 // MPTCP_PM_CMD_GET_ADDR
	mptcpAddr     = 1 // MPTCP_PM_ATTR_ADDR
	mptcpAddrIPv4 = 3 // MPTCP_PM_ADDR_ATTR_ADDR4
	mptcpAddrIPv6 = 4 // MPTCP_PM_ADDR_ATTR_ADDR6
	mptcpAddrPort = 5 // MPTCP_PM_ADDR_ATTR_PORT
)

// parseMPTCP reads an endpoint of MPTCP. The port is 0 for one without a listener of
// its own.
func parseMPTCP(body []byte) (at netip.AddrPort, err error) {
	if len(body) < genericHeaderLen {
		return netip.AddrPort{}, netlink.ErrShort
	}
	var addr netip.Addr
	var port uint16
	err = netlink.Attributes(body[genericHeaderLen:], func(kind uint16, value []byte) error {
		if kind != mptcpAddr {
			return nil
		}
		return netlink.Attributes(value, func(kind uint16, value []byte) error {
			switch {
			case kind == mptcpAddrIPv4, kind == mptcpAddrIPv6:
				addr, _ = netip.AddrFromSlice(value)
			case kind == mptcpAddrPort && len(value) >= 2:
				port = binary.NativeEndian.Uint16(value)
			}
			return nil
		})
	})
	if err != nil {
		return netip.AddrPort{}, err
	}
	return netip.AddrPortFrom(addr, port), nil
}

// parseShort finds a 16-bit attribute in the answer of a generic family; 0 without.
func parseShort(body []byte, attribute uint16) (found uint16, err error) {
	if len(body) < genericHeaderLen {
		return 0, netlink.ErrShort
	}
	err = netlink.Attributes(body[genericHeaderLen:], func(kind uint16, value []byte) error {
		if kind == attribute && len(value) >= 2 {
			found = binary.NativeEndian.Uint16(value)
		}
		return nil
	})
	return found, err
}

// tunnelPorts are the ports of tunnels, by name: "vxlan vx0", with all interfaces of
// a kind that share one.
func tunnelPorts(tunnels []tunnel) map[kernelPort]string {
	ports := make(map[kernelPort]string)
	for _, t := range tunnels {
		if t.port == 0 {
			continue
		}
		at := kernelPort{"udp", t.port}
		name := t.kind + " " + t.name
		if known := ports[at]; strings.HasPrefix(known, t.kind+" ") {
			name = known + ", " + t.name
		}
		ports[at] = name
	}
	return ports
}

// parseNFSPorts reads /proc/fs/nfsd/portlist, lines of "tcp 2049" (the sockets of
// the NFS server).
func parseNFSPorts(text string) (ports []kernelPort) {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) != 2 {
			continue
		}
		proto, port := strings.TrimSuffix(fields[0], "6"), fields[1]
		n, err := strconv.ParseUint(port, 10, 16)
		if err == nil && (proto == "tcp" || proto == "udp") {
			ports = append(ports, kernelPort{proto, uint16(n)})
		}
	}
	return ports
}

// nameMPTCP marks those of the rows without a holder that are endpoints of MPTCP.
func nameMPTCP(rows []*row, endpoints map[netip.AddrPort]bool) {
	for _, r := range rows {
		if r.Proto == "tcp" && r.Local.Port() != 0 && endpoints[r.Local] {
			r.Hidden, r.Kernel = HiddenKernel, "mptcp endpoint"
		}
	}
}

// nameKernel names the part of the kernel that has a row without a holder.
func nameKernel(rows []*row, ports map[kernelPort]string) {
	for _, r := range rows {
		if name := ports[kernelPort{r.Proto, r.Local.Port()}]; name != "" {
			r.Hidden, r.Kernel = HiddenKernel, name
		}
	}
}

// mayBeKernels reports whether a row may be the kernel's own: it waits, root made it,
// and no holder was found. Nor can a hidden process hold it if the kernel then says that
// the port is its own: a port is bound once.
func (r *row) mayBeKernels() bool {
	return r.Hidden != HiddenNone && r.Hidden != HiddenNoProc && r.State.Waits() && r.UID == 0 && cmp.Or(len(r.pids), len(r.Processes)) == 0
}
