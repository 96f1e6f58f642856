package cli

import (
	"time"

	"porthole/internal/record"
)

// gaps notices refreshes that were left out. A slow reader of the events, or a stop of
// the process, holds up the next refresh, and sockets that come and go meanwhile are not
// seen.
type gaps struct {
	interval time.Duration
	last     time.Time // of the last refresh that succeeded
	missed   bool      // refreshes were left out since
}

// wrote notes how long it took to write the events of a refresh.
func (g *gaps) wrote(took time.Duration) { g.missed = g.missed || took >= g.interval }

// failed notes that a refresh failed.
func (g *gaps) failed() { g.missed = true }

// refreshed notes that a refresh succeeded. It returns the gap before it, or false if no
// refresh was left out.
func (g *gaps) refreshed(at time.Time) (gap record.Event, found bool) {
	late := at.Sub(g.last) >= g.interval+max(g.interval, time.Second) // a busy machine is not that late
	if found = (g.missed || late) && !g.last.IsZero(); found {
		gap = record.Event{Event: record.EventGap, At: at.UTC(), Since: new(g.last.UTC())}
	}
	g.last, g.missed = at, false
	return gap, found
}
