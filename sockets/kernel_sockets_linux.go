package sockets

import (
	"context"
	"errors"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"

	"porthole/internal/netlink"
)

// nameKernelSockets finds out which part of the kernel has the sockets that no process
// holds, namespace by namespace. Where it cannot be found out they stay without a name.
func (k *kernelSource) nameKernelSockets(ctx context.Context, rows []row) {
	byNetns := make(map[int][]*row)
	for i := range rows {
		if r := &rows[i]; r.netns != 0 && r.mayBeKernels() {
			byNetns[r.netns] = append(byNetns[r.netns], r)
		}
	}
	var others []netns
	var theirs [][]*row
	for number, unheld := range byNetns {
		info := k.netns.read[number-1]
		if info == k.netns.own() {
			nameByNetlink(ctx, unheld)
			nameKernel(unheld, nfsPorts())
			nameByRPCBind(ctx, unheld, rows, rpcbindSocket)
		} else {
			others, theirs = append(others, info.netns), append(theirs, unheld)
		}
	}
	if len(others) == 0 {
		return
	}
	visit(others, func(i int) error {
		nameByNetlink(ctx, theirs[i])
		return nil
	})
}

// nameByNetlink names the rows that netlink tells of, in the network namespace of the
// calling thread.
func nameByNetlink(ctx context.Context, rows []*row) {
	nameKernel(rows, tunnelPorts(readTunnels(ctx, rows)))
	if slices.ContainsFunc(rows, func(r *row) bool { return r.Proto == "tcp" && !r.Local.Addr().IsUnspecified() }) {
		nameMPTCP(rows, readMPTCP(ctx))
	}
}

// readMPTCP asks for the endpoints of MPTCP: the kernel listens on those that have a
// port.
func readMPTCP(ctx context.Context) map[netip.AddrPort]bool {
	conn, family, err := dialFamily(ctx, "mptcp_pm")
	if err != nil {
		return nil
	}
	defer conn.Close()
	endpoints := make(map[netip.AddrPort]bool)
	request := netlink.Request{Type: family, Body: []byte{mptcpGetAddr, 1, 0, 0}}
	conn.Dump(ctx, request, func(m netlink.Message) error {
		at, err := parseMPTCP(m.Body)
		if err == nil {
			endpoints[at] = true
		}
		return err
	})
	return endpoints
}

// dialFamily connects to a family of generic netlink, and gives its number.
func dialFamily(ctx context.Context, name string) (conn *netlink.Conn, family uint16, err error) {
	if conn, err = netlink.Dial(netlink.Generic); err != nil {
		return nil, 0, err
	}
	request := netlink.Request{Type: controlFamily, Body: genericRequest(controlGet, controlName, name)}
	err = conn.Do(ctx, request, func(m netlink.Message) (err error) {
		family, err = parseShort(m.Body, controlID)
		return err
	})
	if err == nil && family == 0 {
		err = errNoFamily
	}
	if err != nil {
		conn.Close()
		return nil, 0, err
	}
	return conn, family, nil
}

var errNoFamily = errors.New("the answer has no number for the family")

// readTunnels asks for the tunnels of the calling thread's network namespace, if one
// of the rows may belong to a tunnel: all of them run over UDP.
func readTunnels(ctx context.Context, rows []*row) (found []tunnel) {
	if !slices.ContainsFunc(rows, func(r *row) bool { return r.Proto == "udp" }) {
		return nil
	}
	conn, err := netlink.Dial(netlink.Route)
	if err != nil {
		return nil
	}
	defer conn.Close()
	err = netlink.Retry(func() error {
		found = nil
		request := netlink.Request{Type: unix.RTM_GETLINK, Body: make([]byte, linkHeaderLen)}
		return conn.Dump(ctx, request, func(m netlink.Message) error {
			if m.Type != unix.RTM_NEWLINK {
				return nil
			}
			t, ok, err := parseTunnel(m.Body)
			if ok {
				found = append(found, t)
			}
			return err
		})
	})
	if err != nil {
		return nil
	}
	addWireGuard(ctx, found)
	return found
}

// addWireGuard asks WireGuard, which has a family of its own and takes
// CAP_NET_ADMIN, for the ports of its interfaces.
func addWireGuard(ctx context.Context, tunnels []tunnel) {
	var conn *netlink.Conn
	var family uint16
	for i := range tunnels {
		t := &tunnels[i]
		if t.kind != "wireguard" {
			continue
		}
		if conn == nil {
			var err error
			if conn, family, err = dialFamily(ctx, "wireguard"); err != nil {
				return
			}
			defer conn.Close()
		}
		request := netlink.Request{Type: family, Body: genericRequest(wireguardGet, wireguardName, t.name)}
		conn.Dump(ctx, request, func(m netlink.Message) error {
			port, err := parseShort(m.Body, wireguardPort)
			if port != 0 {
				t.port = port
			}
			return err
		})
	}
}

// nfsPorts are the ports of the NFS server and of what belongs to it, by files of the
// caller's namespace. These do not have the ports that the kernel chose itself, such
// as those of lockd: rpcbind tells them.
func nfsPorts() map[kernelPort]string {
	ports := make(map[kernelPort]string)
	if text, err := readSmall("/proc/fs/nfsd/portlist"); err == nil {
		for _, at := range parseNFSPorts(text) {
			ports[at] = "nfsd"
		}
	}
	for _, known := range [...]struct{ file, proto, name string }{
		{"nlm_tcpport", "tcp", "lockd"}, {"nlm_udpport", "udp", "lockd"}, {"nfs_callback_tcpport", "tcp", "nfs callback"},
	} {
		text, err := readSmall("/proc/sys/fs/nfs/" + known.file)
		if err != nil {
			continue
		}
		for _, at := range parseNFSPorts(known.proto + " " + text) {
			if at.port != 0 {
				ports[at] = known.name
			}
		}
	}
	return ports
}
