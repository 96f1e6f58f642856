package sockets

import (
	"context"
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"

	"porthole/internal/netlink"
)

// outOfReach reports whether a row may wait where nobody gets through, or where that cannot
// be told, also without rules: on an address or an interface that is down, a part of another
// one or of a VRF, or on every address where no interface with one of its family is up. If
// not, there is no need to read interfaces and routes.
func (n *netnsInfo) outOfReach(ctx context.Context, rows []row) bool {
	if len(n.addrs) == 0 { // isolated, or they could not be read
		return false
	}
	type bound struct {
		at     netip.Addr
		device string
		v6only bool
	}
	inReach, links := make(map[bound]bool), make(linkStates)
	return slices.ContainsFunc(rows, func(r row) bool {
		b := bound{r.Local.Addr().WithZone("").Unmap(), r.Device, r.V6Only == TristateYes}
		if !r.outward() || inReach[b] {
			return false
		}
		inReach[b] = n.mayReach(ctx, links, b.at, b.v6only) && (b.device == "" || links.receives(ctx, linkKey{name: b.device}))
		return !inReach[b]
	})
}

// mayReach reports whether something may come in to a socket that is bound to an address.
func (n *netnsInfo) mayReach(ctx context.Context, links linkStates, at netip.Addr, v6only bool) bool {
	found, up := false, false
	for _, a := range n.addrs {
		takes := a.Addr == at
		if at.IsUnspecified() {
			takes = a.Is4() == at.Is4() || a.Is4() && !v6only
		}
		found = found || takes
		if up = takes && links.receives(ctx, linkKey{index: a.link}); up {
			break
		}
	}
	// An address that is not the namespace's is that of a multicast group, or a broadcast
	// address.
	return up || !found && !at.IsUnspecified()
}

// linkKey is an interface, by its index or by its name.
type linkKey struct {
	index uint32
	name  string
}

// linkStates is whether interfaces of the calling thread's namespace are up and
// receive from elsewhere for themselves, as far as they were asked for.
type linkStates map[linkKey]bool

// receives is true also if that cannot be read.
func (states linkStates) receives(ctx context.Context, l linkKey) bool {
	receives, known := states[l]
	if !known {
		var err error
		receives, err = l.receives(ctx)
		receives = receives || err != nil
		states[l] = receives
	}
	return receives
}

// receives asks for one interface, as a host may have thousands.
func (l linkKey) receives(ctx context.Context) (receives bool, err error) {
	conn, err := netlink.Dial(netlink.Route)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	body := make([]byte, unix.SizeofIfInfomsg)
	binary.NativeEndian.PutUint32(body[4:], l.index)
	if l.name != "" {
		body = netlink.AppendText(body, unix.IFLA_IFNAME, l.name)
	}
	err = conn.Do(ctx, netlink.Request{Type: unix.RTM_GETLINK, Body: body}, func(m netlink.Message) error {
		if m.Type != unix.RTM_NEWLINK || len(m.Body) < unix.SizeofIfInfomsg {
			return nil
		}
		receives, err = receivesItself(m.Body)
		return err
	})
	if errors.Is(err, unix.ENODEV) { // it is gone
		return false, nil
	}
	return receives, err
}

// receivesItself reports whether an interface, by a struct ifinfomsg and its attributes, is
// up and takes packets from elsewhere. What comes in by a part of a bridge or a bond is the
// whole's, and the routes of a VRF are its own.
func receivesItself(b []byte) (bool, error) {
	flags := binary.NativeEndian.Uint32(b[8:])
	kind, partOf, err := linkKind(b[unix.SizeofIfInfomsg:])
	return flags&unix.IFF_UP != 0 && flags&unix.IFF_LOOPBACK == 0 && kind != "dummy" && kind != "vrf" && partOf == "", err
}

// linkKind is the kind of an interface, such as "dummy", "" for a device; and that of what
// it is a part of, such as "bridge", "" if it is none.
func linkKind(attributes []byte) (kind, partOf string, err error) {
	err = netlink.Attributes(attributes, func(id uint16, value []byte) error {
		if id != unix.IFLA_LINKINFO {
			return nil
		}
		return netlink.Attributes(value, func(id uint16, value []byte) error {
			switch id {
			case unix.IFLA_INFO_KIND:
				kind = netlink.Text(value)
			case unix.IFLA_INFO_SLAVE_KIND:
				partOf = netlink.Text(value)
			}
			return nil
		})
	})
	return kind, partOf, err
}
