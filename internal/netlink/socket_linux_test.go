package netlink_test

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"testing"

	"golang.org/x/sys/unix"

	"porthole/internal/netlink"
)

func mustDial(t *testing.T, family int) *netlink.Conn {
	t.Helper()
	c, err := netlink.Dial(family)
	if err != nil {
		t.Skipf("no netlink here: %v", err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TestRoute dumps the interfaces, which every user may, twice over one
// connection.
func TestRoute(t *testing.T) {
	c := mustDial(t, netlink.Route)
	for range 2 {
		var names []string
		err := netlink.Retry(func() error {
			names = nil
			return c.Dump(t.Context(), netlink.Request{Type: unix.RTM_GETLINK, Body: make([]byte, unix.SizeofIfInfomsg)}, func(m netlink.Message) error {
				return netlink.Attributes(m.Body[unix.SizeofIfInfomsg:], func(kind uint16, value []byte) error {
					if kind == unix.IFLA_IFNAME {
						names = append(names, netlink.Text(value))
					}
					return nil
				})
			})
		})
		interfaces, listErr := net.Interfaces()
		if err != nil || listErr != nil || len(names) != len(interfaces) {
			t.Errorf("%q, %v; net lists %d, %v", names, err, len(interfaces), listErr)
		}
	}
}

// TestGeneric asks generic netlink for the number of its own family.
func TestGeneric(t *testing.T) {
	c := mustDial(t, netlink.Generic)
	body := netlink.AppendText([]byte{unix.CTRL_CMD_GETFAMILY, 1, 0, 0}, unix.CTRL_ATTR_FAMILY_NAME, "nlctrl")
	id := uint16(0)
	err := c.Do(t.Context(), netlink.Request{Type: unix.GENL_ID_CTRL, Body: body}, func(m netlink.Message) error {
		return netlink.Attributes(m.Body[unix.GENL_HDRLEN:], func(kind uint16, value []byte) error {
			if kind == unix.CTRL_ATTR_FAMILY_ID {
				id = binary.NativeEndian.Uint16(value)
			}
			return nil
		})
	})
	if err != nil || id != unix.GENL_ID_CTRL {
		t.Errorf("family %d, %v; want %d", id, err, unix.GENL_ID_CTRL)
	}
	body = netlink.AppendText([]byte{unix.CTRL_CMD_GETFAMILY, 1, 0, 0}, unix.CTRL_ATTR_FAMILY_NAME, "no such family")
	var refusal netlink.Error
	if err := c.Do(t.Context(), netlink.Request{Type: unix.GENL_ID_CTRL, Body: body}, nil); !errors.As(err, &refusal) || !errors.Is(err, unix.ENOENT) {
		t.Errorf("a family that there is not: %v; want ENOENT", err)
	}
}

// TestSilence: where nothing answers, the context is heard.
func TestSilence(t *testing.T) {
	c := mustDial(t, netlink.Route)
	ctx, cancel := context.WithCancel(t.Context())
	go cancel()
	// A message of a kind below 16 is for the connection itself, and without
	// NLM_F_ACK nothing answers it. Dump sets another flag.
	if err := c.Dump(ctx, netlink.Request{Type: netlink.TypeNoop}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestInterfaceName(t *testing.T) {
	c := mustDial(t, netlink.Route)
	interfaces, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range interfaces {
		if got := c.InterfaceName(uint32(i.Index)); got != i.Name {
			t.Errorf("interface %d is %q, want %q", i.Index, got, i.Name)
		}
	}
	if got := c.InterfaceName(1 << 30); got != "" {
		t.Errorf("no interface is named %q", got)
	}
}
