package scanner

import (
	"net/netip"
	"testing"

	"porthole/internal/netlab"
)

// TestOnePortForTwoDestinations keeps a connection to each of two addresses where there
// is one ephemeral port.
func TestOnePortForTwoDestinations(t *testing.T) {
	open := []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:22"), netip.MustParseAddrPort("127.0.0.2:22")}
	if !netlab.Inside(t) {
		lab := netlab.Require(t, netlab.Config{})
		err := lab.Target().Sysctl("net.ipv4.ip_local_port_range", "40000 40000")
		if err == nil {
			err = lab.Target().Listen(open...)
		}
		if err != nil {
			t.Fatal(err)
		}
		lab.Target().RunTest(t)
		return
	}
	k := newKernel(origin{})
	for _, addr := range open {
		c, err := k.dial(t.Context(), "tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
}
