package firewall

import (
	"fmt"
	"net/netip"
)

// labSource is a host outside.
type labSource struct {
	name   string
	client int    // which of the clients' namespaces
	entry  string // the target's interface that it comes in by
	v4, v6 netip.Addr
}

var labSources = []labSource{
	{"near", 0, "ta", netip.MustParseAddr("198.18.1.2"), netip.MustParseAddr("2001:db8:1::2")},
	{"far", 0, "ta", netip.MustParseAddr("198.18.9.9"), netip.MustParseAddr("2001:db8:9::9")},
	{"other", 1, "tb", netip.MustParseAddr("198.18.2.2"), netip.MustParseAddr("2001:db8:2::2")},
}

// labDests are the target's addresses.
var labDests = []netip.Addr{
	netip.MustParseAddr("198.18.1.1"), netip.MustParseAddr("198.18.2.1"),
	netip.MustParseAddr("2001:db8:1::1"), netip.MustParseAddr("2001:db8:2::1"),
}

var labContainer = []netip.Addr{netip.MustParseAddr("198.18.3.2"), netip.MustParseAddr("2001:db8:3::2")}

// labPorts are those that the target and the container listen on.
var labPorts = []uint16{22, 53, 80, 443, 1000, 5353, 8080, 8443, 30000}

// probe is a connection to try.
type probe struct {
	source int // of labSources
	dest   netip.Addr
	proto  string
	port   uint16
}

func (p probe) String() string {
	return fmt.Sprintf("%s from %s to %s", p.proto, labSources[p.source].name, netip.AddrPortFrom(p.dest, p.port))
}

// landing is the name of the listener that a probe comes to.
func (p piece) landing(of probe) string {
	host, port := "target", of.port
	if p.To.Port() != 0 {
		port = p.To.Port()
	}
	for _, a := range labContainer {
		if p.To.Addr() == a {
			host = "container"
		}
	}
	return fmt.Sprintf("%s %d", host, port)
}

func mustAddr(s string) netip.Addr { return netip.MustParseAddr(s) }
