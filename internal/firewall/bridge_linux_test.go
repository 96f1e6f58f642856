package firewall

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// withBridge puts a bridge between the target and its ways to a client and to
// the container: bb has tb as its port, bc has tc, with the addresses of these.
func (l *lab) withBridge(t *testing.T) {
	t.Helper()
	if err := l.enter(l.target); err != nil {
		t.Fatal(err)
	}
	var batch strings.Builder
	for _, b := range []struct{ bridge, port, net, mac string }{{"bb", "tb", "2", "0b"}, {"bc", "tc", "3", "0c"}} {
		fmt.Fprintf(&batch, "addr flush dev %s\nlink add name %s address 02:00:00:00:%s:01 type bridge forward_delay 0 mcast_snooping 0\nlink set dev %s up\nlink set dev %s master %s\n", b.port, b.bridge, b.mac, b.bridge, b.port, b.bridge)
		fmt.Fprintf(&batch, "addr add 198.18.%s.1/24 dev %s\naddr add 2001:db8:%s::1/64 dev %s nodad\n", b.net, b.bridge, b.net, b.bridge)
		fmt.Fprintf(&batch, "neigh replace 198.18.%s.2 lladdr 02:00:00:00:%s:02 nud permanent dev %s\nneigh replace 2001:db8:%s::2 lladdr 02:00:00:00:%s:02 nud permanent dev %s\n", b.net, b.mac, b.bridge, b.net, b.mac, b.bridge)
	}
	if err := l.run(batch.String(), "ip", "-batch", "-"); err != nil {
		t.Skip(err)
	}
	for i, name := range []string{"bb", "bc"} {
		fd, index, err := l.packetSocket(l.target, name)
		if err != nil {
			t.Fatal(err)
		}
		outside := l.sentries[1+i]
		err = errors.Join(awaitLink(fd, index, outside.outside), awaitLink(outside.outside, outside.outsideLink, fd))
		unix.Close(fd)
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestBridge lets packets in by the port of a bridge, and to a container behind
// another one: the interface that rules see is the bridge, but in tables of the
// family bridge and at ingress.
func TestBridge(t *testing.T) {
	for _, rules := range []string{
		`table inet filter {
chain input {
type filter hook input priority 0
ct state established accept
iifname "tb" drop
iifname "bb" tcp dport 22 drop
iifname "bb" udp dport 53 reject
}
}
`,
		`table bridge filter {
chain input {
type filter hook input priority 0
iifname "tb" tcp dport 80 drop
iifname "bb" tcp dport 443 drop
}
chain pre {
type filter hook prerouting priority 0
meta protocol ip ip saddr 198.18.2.2 tcp dport 1000 drop
ether type ip6 tcp dport 1000 drop
}
}
`,
		`table netdev filter {
chain port {
type filter hook ingress device "tb" priority 0
meta protocol ip tcp dport 22 drop
}
chain whole {
type filter hook ingress device "bb" priority 0
meta protocol ip6 udp dport 22 drop
}
}
`,
		`table inet nat {
chain pre {
type nat hook prerouting priority -100
iifname "bb" meta l4proto tcp tcp dport 8080 dnat ip to 198.18.3.2:80
iifname "ta" meta l4proto udp udp dport 8080 dnat ip to 198.18.3.2:53
meta l4proto tcp tcp dport 8443 dnat ip6 to [2001:db8:3::2]:443
}
chain forward {
type filter hook forward priority 0
policy drop
ct state established,related accept
oifname "bc" ct status dnat tcp dport 80 accept
oifname "tc" accept
iifname "ta" oifname "bc" udp dport 53 accept
ip6 saddr 2001:db8:2::/64 oifname "bc" accept
}
}
`,
	} {
		inLab(t, func(l *lab) {
			l.withBridge(t)
			if err := l.load(script{"nft", rules}); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(rules, "table inet") { // where ports are not told apart
				l.entries = map[int]string{2: "bb"}
			}
			l.checkReal(t, nil)
		})
	}
}
