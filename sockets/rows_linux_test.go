package sockets

import (
	"testing"

	"porthole/internal/sockdiag"
	"porthole/sockets/internal/procfs"
)

// TestAlone: the only socket of a namespace is found, whatever its protocol: the
// kernel's numbers of sockets, by which tables are passed over, have it.
func TestAlone(t *testing.T) {
	needRoot(t)
	for _, proto := range []string{"tcp", "udp", "udplite", "mptcp"} {
		for _, family := range []string{"4", "6"} {
			t.Run(proto+family, func(t *testing.T) {
				pid, _ := startRole(t, "alone "+proto+" "+family, inNewNamespace)
				for _, l := range []*Lister{{}, {All: true}, {NoProcess: true}} {
					var found []Socket
					for _, s := range list(t, l).Sockets {
						if s.NetNS == netnsOf(pid) {
							found = append(found, s)
						}
					}
					if len(found) != 1 || found[0].Local.Port() != 7 || found[0].Local.Addr().Is6() != (family == "6") ||
						found[0].MPTCP != (proto == "mptcp") || !found[0].MPTCP && found[0].Proto != proto {
						t.Errorf("%+v found %+v", l, found)
					}
				}
			})
		}
	}
}

// TestMayHave reads lines as Linux 6.18 writes them.
func TestMayHave(t *testing.T) {
	const protocols = `protocol  size sockets  memory press maxhdr  slab module     cl co di
MPTCPv6   2064     12       7   no       0   yes  kernel      y  y  y
UDPLITEv6 1472      0     247   NI       0   yes  kernel      y  y  y
UDPv6     1472      0     247   NI       0   yes  kernel      y  y  y
TCPv6     2432      1      86   no     192   yes  kernel      y  y  y
UDP-Lite  1344      1     247   NI       0   yes  kernel      y  y  y
MPTCP     1936      0       7   no       0   yes  kernel      y  y  y
UDP       1344      2     247   NI       0   yes  kernel      y  y  y
TCP
`
	type asked struct {
		protocol uint16
		family   uint8
	}
	for ask, want := range map[asked]bool{
		{sockdiag.TCP, sockdiag.IPv4}: false, {sockdiag.TCP, sockdiag.IPv6}: true,
		{sockdiag.UDP, sockdiag.IPv4}: true, {sockdiag.UDP, sockdiag.IPv6}: false,
		{sockdiag.UDPLite, sockdiag.IPv4}: true, {sockdiag.UDPLite, sockdiag.IPv6}: false,
		{sockdiag.MPTCP, sockdiag.IPv4}: false, {sockdiag.MPTCP, sockdiag.IPv6}: true,
	} {
		d := diagReader{used: procfs.ParseProtocols(protocols)}
		if got := d.mayHave(ask.protocol, ask.family); got != want {
			t.Errorf("%v: %v, want %v", ask, got, want)
		}
		if !new(diagReader).mayHave(ask.protocol, ask.family) {
			t.Errorf("%v is not asked for where nothing is known", ask)
		}
	}
}
