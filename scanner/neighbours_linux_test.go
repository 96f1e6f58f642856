package scanner

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"

	"porthole/internal/netlab"
)

// TestNeighboursOfLink has entries in the neighbour table on two links. One counts for an
// address that is asked by the same link, and for no other: another host has it there.
func TestNeighboursOfLink(t *testing.T) {
	if !netlab.Inside(t) {
		lab := netlab.Require(t, netlab.Config{})
		var lines []string
		for _, link := range []string{"east", "west"} {
			lines = append(lines, "link add "+link+" type veth peer name "+link+"-far", "link set "+link+"-far up", "link set "+link+" up")
		}
		lines = append(lines, "address add 198.19.1.1/24 dev east", "address add 198.19.2.1/24 dev west",
			"address add fd00:1::1/64 dev east nodad", "route add 198.19.3.0/24 via 198.19.1.9")
		for _, addr := range []string{"198.19.1.7", "198.19.2.7", "198.19.3.7", "fe80::7", "fd00:1::7"} {
			lines = append(lines, "neighbour add "+addr+" lladdr 02:00:00:00:00:07 dev east nud reachable")
		}
		cmd := lab.Scanner().Command("ip", "-batch", "-")
		cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
		if out, err := cmd.CombinedOutput(); strings.Contains(string(out), "Unknown device type") {
			t.Skip("this kernel has no veth devices")
		} else if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		lab.Scanner().RunTest(t)
		return
	}
	east, err := net.InterfaceByName("east")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		addr string
		by   Neighbours
		want Reason
	}{
		{"198.19.1.7", Neighbours{}, ReasonARP},
		{"198.19.1.8", Neighbours{}, ReasonNone},
		{"198.19.1.7", Neighbours{Interface: "east"}, ReasonARP},
		{"198.19.1.7", Neighbours{Source: netip.MustParseAddr("198.19.1.1")}, ReasonARP},
		{"198.19.1.7", Neighbours{Interface: "west"}, ReasonNone},
		{"198.19.1.7", Neighbours{Interface: "lo"}, ReasonNone},
		{"198.19.1.7", Neighbours{Interface: "nosuch"}, ReasonNone},
		{"198.19.2.7", Neighbours{}, ReasonNone},
		{"198.19.2.7", Neighbours{Interface: "east"}, ReasonARP},
		{"198.19.3.7", Neighbours{}, ReasonNone}, // a router is asked for it
		{"fe80::7%east", Neighbours{}, ReasonNDP},
		{fmt.Sprintf("fe80::7%%%d", east.Index), Neighbours{}, ReasonNDP},
		{"fe80::7%west", Neighbours{}, ReasonNone},
		{"fd00:1::7", Neighbours{}, ReasonNDP},
		{"fd00:1::7", Neighbours{Interface: "west"}, ReasonNone},
	} {
		n := test.by
		got, err := n.Answered(t.Context(), netip.MustParseAddr(test.addr))
		if n.Close(); err != nil || got != test.want {
			t.Errorf("%s by %q: %v, %v; want %v", test.addr, test.by.Interface, got, err, test.want)
		}
	}
}

// TestDiscoverZones has a link-local address on two links, of which one answers echo
// requests. The zone of its reply is a name, whatever that of the target is.
func TestDiscoverZones(t *testing.T) {
	alive, dead := netip.MustParseAddr("fe80::7%1"), netip.MustParseAddr("fe80::7%2")
	synctest.Test(t, func(t *testing.T) {
		echo := newFakeEcho(func(_ int, a netip.Addr) bool { return a == alive })
		s := &Scanner{methods: methodsOf(zonedEcho{echo}, noNeighbours{})}
		addresses := func(yield func(string, netip.Addr) bool) { _ = yield("", dead) && yield("", alive) }
		for h, err := range s.Discover(t.Context(), Discovery{}, addresses) {
			if err != nil {
				t.Fatal(err)
			}
			if h.Alive != (h.Addr == alive) {
				t.Errorf("%v: alive is %v", h.Addr, h.Alive)
			}
		}
	})
}

// zonedEcho has replies come from the loopback interface.
type zonedEcho struct{ *fakeEcho }

func (e zonedEcho) send(a netip.Addr, nth int) int64 {
	if e.asked[a]++; e.answers(e.asked[a], a) {
		e.reply <- echoReply{a.WithZone("lo"), nth}
	}
	return 0
}
