package scanner

import (
	"context"
	"net/netip"
	"time"

	"porthole/scanner/internal/schedule"
)

// link has the prefixes whose addresses ARP or neighbor discovery has to find before they
// can be asked, and bounds how many of them the system looks for at a time.
type link struct {
	prefixes   []netip.Prefix
	unresolved schedule.Unresolved
}

// enter waits until another address may be asked, if it is on a link. Times are counted
// from began.
func (l *link) enter(ctx context.Context, a netip.Addr, began time.Time) {
	if !l.contains(a.Unmap()) {
		return
	}
	for {
		until, full := l.unresolved.Full(time.Since(began))
		if !full {
			l.unresolved.Add(time.Since(began))
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(until - time.Since(began)):
		}
	}
}

// LinkPace estimates how long a scan takes that finds nobody on this machine's links.
type LinkPace struct{ link link }

// NewLinkPace reads the links of this machine and the limits of its neighbour table. What
// cannot be read bounds nothing, and neither does anything on systems other than Linux.
func NewLinkPace() LinkPace { return LinkPace{newLink()} }

// OnLink reports whether an address is on a link.
func (p LinkPace) OnLink(a netip.Addr) bool { return p.link.contains(a.Unmap()) }

// Dead is the least time in which a scan finds out that nobody has that many addresses
// of the links. It is 0 where nothing bounds how many are looked for at a time.
func (p LinkPace) Dead(addresses uint64) time.Duration {
	most := uint64(p.link.unresolved.Most)
	if most == 0 {
		return 0
	}
	return time.Duration((addresses+most-1)/most) * p.link.unresolved.Wait
}
