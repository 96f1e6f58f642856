package scanner

import (
	"context"
	"encoding/binary"
	"net/netip"
	"time"

	"porthole/internal/netlink"
)

// neighbours reads who answered ARP or neighbor discovery from the kernel's neighbour
// table (rtnetlink(7), RTM_GETNEIGH). Such a host is alive even if it drops every port.
type neighbours struct {
	conn   *netlink.Conn
	last   time.Time
	table  map[netip.Addr]Reason
	failed bool
}

// neighboursEvery is the shortest time between two readings.
const neighboursEvery = 200 * time.Millisecond

// read returns the neighbours that answered recently, with [ReasonARP] or [ReasonNDP].
// The table may be a fraction of a second old. An error is returned once.
func (n *neighbours) read(ctx context.Context, now time.Time) (map[netip.Addr]Reason, error) {
	if n.failed || !n.last.IsZero() && now.Sub(n.last) < neighboursEvery {
		return n.table, nil
	}
	n.last = now
	err := n.dump(ctx)
	if err != nil && ctx.Err() == nil {
		n.failed, n.table = true, nil
		return nil, err
	}
	return n.table, nil
}

func (n *neighbours) dump(ctx context.Context) (err error) {
	if n.conn == nil {
		if n.conn, err = netlink.Dial(netlink.Route); err != nil {
			return err
		}
	}
	const getNeighbours = 30 // RTM_GETNEIGH
	return netlink.Retry(func() error {
		n.table = make(map[netip.Addr]Reason)
		return n.conn.Dump(ctx, netlink.Request{Type: getNeighbours, Body: make([]byte, neighbourHeader)}, func(m netlink.Message) error {
			if a, reason, ok := parseNeighbour(m.Body); ok {
				n.table[a] = reason
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

// parseNeighbour reads a struct ndmsg and its attributes. It is ok if the neighbour
// has answered recently.
func parseNeighbour(b []byte) (a netip.Addr, reason Reason, ok bool) {
	if len(b) < neighbourHeader {
		return a, ReasonNone, false
	}
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
		return a, ReasonNone, false
	}
	if a.Is4() {
		return a, ReasonARP, true
	}
	return a, ReasonNDP, true
}
