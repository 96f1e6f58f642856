package scanner

import (
	"context"
	"encoding/binary"
	"net/netip"
	"slices"
	"time"

	"porthole/internal/netlink"
)

// neighbours reads who answered ARP or neighbor discovery from the kernel's neighbour
// table (rtnetlink(7), RTM_GETNEIGH). Such a host is alive even if it drops every port.
type neighbours struct {
	source netip.Addr // as in [Scanner]
	device string
	conn   *netlink.Conn
	last   time.Time
	table  map[netip.Addr][]uint32 // the interfaces on which an address answered recently
	failed bool
}

// neighboursEvery is the shortest time between two readings.
const neighboursEvery = 200 * time.Millisecond

// answered is of [neighbourTable]. The table may be a fraction of a second old.
func (n *neighbours) answered(ctx context.Context, a netip.Addr, now time.Time) (Reason, error) {
	if n.failed {
		return ReasonNone, nil
	}
	found, err := n.find(ctx, a, now)
	switch {
	case err != nil && ctx.Err() == nil:
		n.failed = true
		return ReasonNone, err
	case err != nil, !found:
		return ReasonNone, nil
	case a.Unmap().Is4():
		return ReasonARP, nil
	default:
		return ReasonNDP, nil
	}
}

// find reports whether an address answered on the link by which it is asked.
func (n *neighbours) find(ctx context.Context, a netip.Addr, now time.Time) (bool, error) {
	if n.last.IsZero() || now.Sub(n.last) >= neighboursEvery {
		n.last = now
		if err := n.dump(ctx); err != nil {
			return false, err
		}
	}
	links := n.table[a.WithZone("").Unmap()]
	if len(links) == 0 {
		return false, nil
	}
	link, err := n.linkTo(ctx, a)
	return link != 0 && slices.Contains(links, link), err
}

func (n *neighbours) dump(ctx context.Context) (err error) {
	if n.conn == nil {
		if n.conn, err = netlink.Dial(netlink.Route); err != nil {
			return err
		}
	}
	const getNeighbours = 30 // RTM_GETNEIGH
	return netlink.Retry(func() error {
		n.table = make(map[netip.Addr][]uint32)
		return n.conn.Dump(ctx, netlink.Request{Type: getNeighbours, Body: make([]byte, neighbourHeader)}, func(m netlink.Message) error {
			if a, link, ok := parseNeighbour(m.Body); ok {
				n.table[a] = append(n.table[a], link)
			}
			return nil
		})
	})
}

func (n *neighbours) close() {
	if n.conn != nil {
		n.conn.Close()
	}
}

// Numbers of linux/neighbour.h.
const (
	neighbourHeader = 12 // struct ndmsg

	stateReachable = 0x02 // NUD_REACHABLE
	stateStale     = 0x04
	stateDelay     = 0x08
	stateProbe     = 0x10

	neighbourAddr  = 1 // NDA_DST
	neighbourCache = 3 // NDA_CACHEINFO
)

// confirmedWithin is how long ago an entry that is not reachable may have been
// confirmed. By default the kernel calls an entry reachable for about 30 s.
const confirmedWithin = 30 // seconds

// parseNeighbour reads a struct ndmsg and its attributes: the address and the interface.
// It is ok if the neighbour has answered recently.
func parseNeighbour(b []byte) (a netip.Addr, link uint32, ok bool) {
	if len(b) < neighbourHeader {
		return a, 0, false
	}
	link = binary.NativeEndian.Uint32(b[4:])
	state := binary.NativeEndian.Uint16(b[8:])
	const ticks = 100 // USER_HZ, in which the kernel tells times
	confirmed := uint32(1 << 31)
	err := netlink.Attributes(b[neighbourHeader:], func(kind uint16, value []byte) error {
		switch {
		case kind == neighbourAddr:
			a, _ = netip.AddrFromSlice(value)
		case kind == neighbourCache && len(value) >= 4:
			confirmed = binary.NativeEndian.Uint32(value)
		}
		return nil
	})
	recent := state&(stateStale|stateDelay|stateProbe) != 0 && confirmed <= confirmedWithin*ticks
	if err != nil || !a.IsValid() || state&stateReachable == 0 && !recent {
		return a, 0, false
	}
	return a, link, true
}
