package sockets

import (
	"encoding/binary"
	"testing"

	"golang.org/x/sys/unix"

	"porthole/internal/netlink"
)

// TestReceivesItself: sockets that are bound to an interface are told without a look at all
// of the namespace only where packets that come in by it are its own.
func TestReceivesItself(t *testing.T) {
	for _, test := range []struct {
		kind, partOf string
		flags        uint32
		want         bool
	}{
		{"", "", unix.IFF_UP, true},
		{"veth", "", unix.IFF_UP, true},
		{"bridge", "", unix.IFF_UP, true},
		{"veth", "", 0, false},
		{"", "", unix.IFF_UP | unix.IFF_LOOPBACK, false},
		{"dummy", "", unix.IFF_UP, false},
		{"veth", "bridge", unix.IFF_UP, false},
		{"", "bond", unix.IFF_UP, false},
		{"vrf", "", unix.IFF_UP, false},
		{"veth", "vrf", unix.IFF_UP, false},
	} {
		body := make([]byte, unix.SizeofIfInfomsg)
		binary.NativeEndian.PutUint32(body[8:], test.flags)
		var info []byte
		if test.kind != "" {
			info = netlink.AppendText(info, unix.IFLA_INFO_KIND, test.kind)
		}
		if test.partOf != "" {
			info = netlink.AppendText(info, unix.IFLA_INFO_SLAVE_KIND, test.partOf)
		}
		body = netlink.AppendAttribute(body, unix.IFLA_LINKINFO, info)
		if got, err := receivesItself(body); err != nil || got != test.want {
			t.Errorf("%+v: %v, %v", test, got, err)
		}
	}
}
