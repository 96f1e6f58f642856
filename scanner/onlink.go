package scanner

import (
	"context"
	"net/netip"
	"time"

	"porthole/scanner/internal/schedule"
)

// link is the addresses that ARP or neighbor discovery has to find before they can be
// asked, and how many of them the system looks for at a time.
type link struct {
	prefixes   []netip.Prefix
	unresolved schedule.Unresolved
}

// enter waits until another address may be asked, if it is on a link. The clock began
// at began.
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

// LinkPace says how long this machine takes to look for addresses of its own links.
type LinkPace struct{ link link }

// NewLinkPace finds out which links there are.
func NewLinkPace() LinkPace { return LinkPace{newLink()} }

// OnLink reports whether an address is on a link.
func (p LinkPace) OnLink(a netip.Addr) bool { return p.link.contains(a.Unmap()) }

// Dead is the least time in which a scan finds out that nobody has so many addresses
// of the links. It is 0 where nothing bounds how many are looked for at once.
func (p LinkPace) Dead(addresses uint64) time.Duration {
	most := uint64(p.link.unresolved.Most)
	if most == 0 {
		return 0
	}
	return time.Duration((addresses+most-1)/most) * p.link.unresolved.Wait
}
