package scanner

import (
	"context"
	"net/netip"
	"time"
)

// Neighbours knows which addresses on the links of this machine answered ARP or
// neighbor discovery in about the last half minute. It reads the neighbour table of
// Linux and sends nothing; on other systems it knows none. The zero value works.
type Neighbours struct{ table neighbourTable }

// Answered returns [ReasonARP] or [ReasonNDP] if an address has answered, and
// [ReasonNone] if it is not known to have. The table is read again after a fifth of a
// second. An error, such as a table that cannot be read, is returned once.
func (n *Neighbours) Answered(ctx context.Context, a netip.Addr) (Reason, error) {
	if n.table == nil {
		n.table = systemNeighbours()
	}
	on, err := n.table.read(ctx, time.Now())
	return on[a.WithZone("").Unmap()], err
}

// Close releases what reads the table.
func (n *Neighbours) Close() {
	if n.table != nil {
		n.table.close()
		n.table = nil
	}
}
