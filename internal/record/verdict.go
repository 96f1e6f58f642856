package record

import (
	"net/netip"
	"time"
)

// Verdict is a verdict of a scan that is counted, but not shown as a record of
// its own.
type Verdict struct {
	Host   string // the name as typed; "" for a literal address
	Proto  string
	Addr   netip.AddrPort
	State  string
	Reason string
	At     time.Time
	// Middlebox is a verdict that is open as every port of its host is: it is
	// counted under that word, and says nothing of the host.
	Middlebox bool
}
