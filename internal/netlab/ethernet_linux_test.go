package netlab

import (
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"
)

// TestEthernet dials a neighbour that is there and one that is not.
func TestEthernet(t *testing.T) {
	for _, c := range []struct{ own, alive, dead string }{
		{"198.19.1.1/24", "198.19.1.2", "198.19.1.3"},
		{"fd00:1::1/64", "fd00:1::2", "fd00:1::3"},
	} {
		t.Run(c.own, func(t *testing.T) {
			lab := Require(t, Config{})
			own, alive, dead := netip.MustParsePrefix(c.own), netip.MustParseAddr(c.alive), netip.MustParseAddr(c.dead)
			if own.Addr().Is6() && !haveIPv6() {
				t.Skip("this kernel has IPv6 switched off")
			}
			err := lab.Ethernet(own, alive)
			if reason, ok := errors.AsType[*UnavailableError](err); ok {
				t.Skip(reason)
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range []struct {
				addr netip.Addr
				want syscall.Errno
			}{{alive, syscall.ECONNREFUSED}, {dead, syscall.EHOSTUNREACH}} {
				err := lab.Scanner().Do(func() error {
					conn, err := net.DialTCP("tcp", nil, net.TCPAddrFromAddrPort(netip.AddrPortFrom(d.addr, 9)))
					if err == nil {
						conn.Close()
					}
					return err
				})
				if !errors.Is(err, d.want) {
					t.Errorf("%v: %v, want %v", d.addr, err, d.want)
				}
			}
		})
	}
}

func TestEthernetRefusals(t *testing.T) {
	lab := Require(t, Config{})
	for _, c := range []struct {
		own   string
		alive []netip.Addr
	}{
		{"192.168.1.1/24", nil},
		{"198.18.7.1/24", nil}, // a target
		{"198.19.255.7/24", nil},
		{"198.19.1.1/24", []netip.Addr{netip.MustParseAddr("198.19.2.1")}},
		{"198.19.1.1/24", []netip.Addr{netip.MustParseAddr("198.19.1.1")}},
	} {
		if err := lab.Ethernet(netip.MustParsePrefix(c.own), c.alive...); err == nil {
			t.Errorf("%s with %v is taken", c.own, c.alive)
		}
	}
}
