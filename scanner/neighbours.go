package scanner

import (
	"context"
	"net/netip"
	"time"
)

// Neighbours knows which addresses on the links of this machine answered ARP or
// neighbor discovery in about the last half minute. It reads the neighbour table of
// Linux and sends nothing; on other systems it knows none. The zero value works.
//
// Who answered on another link than the one by which an address is asked is another host.
// That link is the zone of the address, Interface, or else that of the route to it.
type Neighbours struct {
	Source    netip.Addr // as in [Scanner]
	Interface string     // as in [Scanner]

	table neighbourTable
}

// Answered returns [ReasonARP] or [ReasonNDP] if an address has answered, and
// [ReasonNone] if it is not known to have. The table is read again after a fifth of a
// second. An error, such as a table that cannot be read, is returned once.
func (n *Neighbours) Answered(ctx context.Context, a netip.Addr) (Reason, error) {
	if n.table == nil {
		n.table = systemNeighbours(n.Source, n.Interface)
	}
	return n.table.answered(ctx, a, time.Now())
}

// Close releases what reads the table.
func (n *Neighbours) Close() {
	if n.table != nil {
		n.table.close()
		n.table = nil
	}
}
