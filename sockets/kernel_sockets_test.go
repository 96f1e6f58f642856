package sockets

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"porthole/internal/netlink"
)

// link writes an RTM_NEWLINK of an interface that is up as the kernel does.
func link(name, kind string, data []byte) []byte {
	header := make([]byte, linkHeaderLen)
	binary.NativeEndian.PutUint32(header[8:], 1)
	body := netlink.AppendText(header, linkName, name)
	info := netlink.AppendText(nil, linkInfoKind, kind)
	if data != nil {
		info = netlink.AppendAttribute(info, linkInfoData|netlink.FlagNested, data)
	}
	return netlink.AppendAttribute(body, linkInfo|netlink.FlagNested, info)
}

func bigEndian(n uint16) []byte { return binary.BigEndian.AppendUint16(nil, n) }

func TestParseTunnel(t *testing.T) {
	vxlan := netlink.AppendAttribute(netlink.AppendAttribute(nil, 1, []byte{42, 0, 0, 0}), 15, bigEndian(4789))
	for _, test := range []struct {
		body []byte
		want tunnel
		ok   bool
	}{
		{link("vx0", "vxlan", vxlan), tunnel{"vxlan", "vx0", 4789}, true},
		{link("gn0", "geneve", netlink.AppendAttribute(nil, 5, bigEndian(6081))), tunnel{"geneve", "gn0", 6081}, true},
		{link("bu0", "bareudp", netlink.AppendAttribute(nil, 1, bigEndian(6635))), tunnel{"bareudp", "bu0", 6635}, true},
		{link("wg0", "wireguard", nil), tunnel{"wireguard", "wg0", 0}, true},
		{link("br0", "bridge", nil), tunnel{}, false},
		{link("vx1", "vxlan", netlink.AppendAttribute(nil, 15, []byte{1})), tunnel{"vxlan", "vx1", 0}, true},
	} {
		got, ok, err := parseTunnel(test.body)
		if got != test.want || ok != test.ok || err != nil {
			t.Errorf("got %+v, %v, %v; want %+v", got, ok, err, test.want)
		}
	}
	down := link("vx0", "vxlan", vxlan)
	down[8], down[11] = 0, 0
	if got, ok, err := parseTunnel(down); ok || err != nil {
		t.Errorf("an interface that is down has a socket: %+v, %v", got, err)
	}
	for _, bad := range [][]byte{nil, make([]byte, 15), append(make([]byte, linkHeaderLen), 1)} {
		if got, ok, err := parseTunnel(bad); ok || err == nil {
			t.Errorf("%x read as %+v", bad, got)
		}
	}
}

func FuzzParseTunnel(f *testing.F) {
	f.Add(link("vx0", "vxlan", netlink.AppendAttribute(nil, 15, bigEndian(4789))))
	f.Add(link("wg0", "wireguard", nil))
	f.Add(make([]byte, linkHeaderLen))
	f.Fuzz(func(t *testing.T, body []byte) {
		if got, ok, err := parseTunnel(body); (err != nil || !ok) && got != (tunnel{}) && ok {
			t.Errorf("%+v, %v, %v", got, ok, err)
		}
		parseShort(body, wireguardPort)
		parseMPTCP(body)
	})
}

func TestParseShort(t *testing.T) {
	body := netlink.AppendText([]byte{1, 1, 0, 0}, wireguardName, "wg0")
	body = netlink.AppendAttribute(body, wireguardPort, binary.NativeEndian.AppendUint16(nil, 51820))
	if got, err := parseShort(body, wireguardPort); got != 51820 || err != nil {
		t.Errorf("%d, %v", got, err)
	}
	if got, err := parseShort(body[:4], wireguardPort); got != 0 || err != nil {
		t.Errorf("without a port: %d, %v", got, err)
	}
	if _, err := parseShort(body[:2], wireguardPort); err == nil {
		t.Error("no header, and no error")
	}
}

func TestMPTCPEndpoints(t *testing.T) {
	endpoint := func(kind uint16, addr string, more ...byte) []byte {
		body := netlink.AppendAttribute(nil, 1, []byte{2, 0}) // MPTCP_PM_ADDR_ATTR_FAMILY
		body = netlink.AppendAttribute(body, kind, netip.MustParseAddr(addr).AsSlice())
		if more != nil {
			body = netlink.AppendAttribute(body, mptcpAddrPort, more)
		}
		return netlink.AppendAttribute([]byte{1, 1, 0, 0}, mptcpAddr|netlink.FlagNested, body)
	}
	port := binary.NativeEndian.AppendUint16(nil, 34567)
	endpoints := make(map[netip.AddrPort]bool)
	for _, test := range []struct {
		body []byte
		want string
	}{
		{endpoint(mptcpAddrIPv4, "198.18.0.1", port...), "198.18.0.1:34567"},
		{endpoint(mptcpAddrIPv6, "2001:db8::1", port...), "[2001:db8::1]:34567"},
		{endpoint(mptcpAddrIPv4, "198.18.0.2"), "198.18.0.2:0"},
	} {
		got, err := parseMPTCP(test.body)
		if got.String() != test.want || err != nil {
			t.Errorf("%x: %v, %v; want %s", test.body, got, err, test.want)
		}
		endpoints[got] = true
	}
	whole := endpoint(mptcpAddrIPv4, "198.18.0.1", port...)
	for _, bad := range [][]byte{nil, {1, 1, 0}, {1, 1, 0, 0, 9}, whole[:len(whole)-1]} {
		if got, err := parseMPTCP(bad); err == nil {
			t.Errorf("%x is %v", bad, got)
		}
	}
	for _, test := range []struct {
		proto, at string
		want      bool
	}{
		{"tcp", "198.18.0.1:34567", true}, {"tcp", "[2001:db8::1]:34567", true},
		{"tcp", "127.0.0.1:34567", false}, {"tcp", "198.18.0.2:34567", false}, {"tcp", "198.18.0.2:0", false}, {"udp", "198.18.0.1:34567", false},
	} {
		r := row{Socket: Socket{Proto: test.proto, Local: netip.MustParseAddrPort(test.at)}}
		nameMPTCP([]*row{&r}, endpoints)
		if (r.Kernel == "mptcp endpoint" && r.Hidden == HiddenKernel) != test.want {
			t.Errorf("%s %s: kernel %q, hidden %q", test.proto, test.at, r.Kernel, r.Hidden)
		}
	}
}

func TestTunnelPorts(t *testing.T) {
	got := tunnelPorts([]tunnel{{"vxlan", "vx0", 4789}, {"vxlan", "vx1", 4789}, {"wireguard", "wg0", 51820}, {"wireguard", "wg1", 0}})
	want := map[kernelPort]string{{"udp", 4789}: "vxlan vx0, vx1", {"udp", 51820}: "wireguard wg0"}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(kernelPort{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParseNFSPorts(t *testing.T) {
	got := parseNFSPorts("rdma 20049\ntcp 2049\nudp 2049\ntcp6 2050\ntcp\ntcp many\nunix /x y\n")
	want := []kernelPort{{"tcp", 2049}, {"udp", 2049}, {"tcp", 2050}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(kernelPort{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestNameKernel: only what nobody can hold unseen is the kernel's.
func TestNameKernel(t *testing.T) {
	at := func(hidden Hidden, uid int, port string, pids ...int) row {
		return row{Socket: Socket{Proto: "udp", Local: netip.MustParseAddrPort("0.0.0.0:" + port), State: StateBound, Hidden: hidden, UID: uid}, pids: pids}
	}
	rows := []row{at(HiddenNoOwner, 0, "4789"), at(HiddenNoOwner, 0, "5000"), at(HiddenNoProc, 0, "4789"), at(HiddenNoOwner, 1000, "4789"), at(HiddenNone, 0, "4789", 7)}
	var unheld []*row
	for i := range rows {
		if rows[i].mayBeKernels() {
			unheld = append(unheld, &rows[i])
		}
	}
	nameKernel(unheld, map[kernelPort]string{{"udp", 4789}: "vxlan vx0"})
	for i, want := range []string{"vxlan vx0", "", "", "", ""} {
		if rows[i].Kernel != want || (rows[i].Hidden == HiddenKernel) != (want != "") {
			t.Errorf("row %d: kernel %q, hidden %q", i, rows[i].Kernel, rows[i].Hidden)
		}
	}
}
