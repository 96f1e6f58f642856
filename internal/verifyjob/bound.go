package verifyjob

import (
	"net/netip"

	"porthole/internal/record"
)

// Bound has the addresses and ports that sockets of this machine wait at. One that is
// bound to a single address gets the connections to it, and not the one that is bound
// to all.
type Bound map[boundAddr]bool

type boundAddr struct {
	netns uint64
	proto string
	at    netip.AddrPort
}

// Add adds a socket that waits.
func (b Bound) Add(netns uint64, proto string, at netip.AddrPort) {
	b[boundAddr{netns, proto, at}] = true
}

// has reports whether a socket waits at the port of r and an address.
func (b Bound) has(r *record.Record, addr netip.Addr) bool {
	return b[boundAddr{r.NetNS, r.Proto, netip.AddrPortFrom(addr, r.Port)}]
}
