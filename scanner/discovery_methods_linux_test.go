package scanner

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"porthole/internal/netlab"
)

// TestDiscoveryMethods asks neighbours that drop every port: some answer echo requests, others
// nothing but ARP or neighbor discovery, and some addresses nobody has. Without the
// right to ping, that is told and the neighbour table is left.
func TestDiscoveryMethods(t *testing.T) {
	for _, c := range []struct{ name, own, echo, link, dead, rules, by string }{
		{"IPv4", "198.19.1.1/24", "198.19.1.2", "198.19.1.3", "198.19.1.4",
			"ip saddr 198.19.1.1 ip daddr 198.19.1.2 icmp type echo-request accept\nip saddr 198.19.1.1 drop", "arp"},
		{"IPv6", "fd00:1::1/64", "fd00:1::2", "fd00:1::3", "fd00:1::4",
			"icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept\nip6 daddr fd00:1::2 icmpv6 type echo-request accept\nip6 saddr fd00:1::1 drop", "ndp"},
	} {
		t.Run(c.name, func(t *testing.T) {
			echo, link, dead := netip.MustParseAddr(c.echo), netip.MustParseAddr(c.link), netip.MustParseAddr(c.dead)
			if !netlab.Inside(t) {
				lab := netlab.Require(t, netlab.Config{})
				err := lab.Ethernet(netip.MustParsePrefix(c.own), echo, link)
				if reason, ok := errors.AsType[*netlab.UnavailableError](err); ok {
					t.Skip(reason)
				}
				if err == nil {
					err = lab.Target().Nft("table inet f {\nchain i {\ntype filter hook input priority 0\n" + c.rules + "\n}\n}\n")
				}
				if err == nil {
					err = lab.Scanner().Sysctl("net.ipv4.ping_group_range", "1 0")
				}
				if err != nil {
					t.Fatal(err)
				}
				lab.Scanner().RunTest(t)
				if err := lab.Scanner().Sysctl("net.ipv4.ping_group_range", "0 0"); err != nil {
					t.Fatal(err)
				}
				lab.Scanner().RunTest(t)
				return
			}
			var unable []string
			got := make(map[netip.Addr]string)
			addresses := func(yield func(string, netip.Addr) bool) {
				_ = yield("", echo) && yield("", link) && yield("", dead)
			}
			d := Discovery{TCP: []uint16{80}, Unable: func(err error) { unable = append(unable, err.Error()) }}
			for h, err := range new(Scanner).Discover(t.Context(), d, addresses) {
				if err != nil {
					t.Fatal(err)
				}
				got[h.Addr] = fmt.Sprint(h.Alive, " ", h.Evidence.Reason)
			}
			want := map[netip.Addr]string{echo: "true echo-reply", link: "true " + c.by, dead: "false host-unreach"}
			if len(unable) > 0 {
				want[echo] = "true " + c.by
				if len(unable) != 1 || !strings.Contains(unable[0], "ping_group_range") {
					t.Errorf("unable: %q", unable)
				}
			}
			t.Logf("%v, unable: %q", got, unable)
			for a, w := range want {
				if got[a] != w {
					t.Errorf("%v: %s, want %s", a, got[a], w)
				}
			}
		})
	}
}
