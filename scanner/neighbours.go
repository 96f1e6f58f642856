package scanner

import (
	"context"
	"net/netip"
	"time"
)

// Neighbours tells who on the links of this machine answered ARP or neighbor
// discovery within the last half a minute or so, as Linux has it in its neighbour
// table; on other systems nobody is known to. To ask it sends nothing. The zero value
// works.
type Neighbours struct{ table neighbourTable }

// Answered returns [ReasonARP] or [ReasonNDP] if an address has answered, and
// [ReasonNone] if it is not known to. What it says may be a fifth of a second old. An
// error, such as a table that cannot be read, is returned once.
func (n *Neighbours) Answered(ctx context.Context, a netip.Addr) (Reason, error) {
	if n.table == nil {
		n.table = systemNeighbours()
	}
	on, err := n.table.read(ctx, time.Now())
	return on[a.WithZone("").Unmap()], err
}

// Close ends the reading.
func (n *Neighbours) Close() {
	if n.table != nil {
		n.table.close()
		n.table = nil
	}
}
