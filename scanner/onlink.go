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
