package record

import (
	"net/netip"
	"time"
)

// Verdict is the verdict on one port of a scan, where it is counted but not shown
// as a [Record].
type Verdict struct {
	Host   string // the name as typed; "" for a literal address
	Proto  string
	Addr   netip.AddrPort
	State  string
	Reason string
	At     time.Time
	// Middlebox: the port is open, but so is every port of the host, which proves
	// nothing. It is counted under that word.
	Middlebox bool
}
