package cli

import (
	"time"

	"porthole/internal/record"
)

// gaps notices looks that were left out: a reader that takes its time, or a process
// that is stopped for a while, holds up the next look, and what comes and goes meanwhile
// is not seen.
type gaps struct {
	interval time.Duration
	last     time.Time // of the last look that succeeded
	missed   bool      // looks were left out since
}

// wrote tells how long it took to write the events of a look.
func (g *gaps) wrote(took time.Duration) { g.missed = g.missed || took >= g.interval }

// failed tells that a look failed.
func (g *gaps) failed() { g.missed = true }

// look tells that a look succeeded, and returns the gap before it, or false if no
// look was left out.
func (g *gaps) look(at time.Time) (gap record.Event, found bool) {
	late := at.Sub(g.last) >= g.interval+max(g.interval, time.Second) // by more than a busy machine is
	if found = (g.missed || late) && !g.last.IsZero(); found {
		gap = record.Event{Event: record.EventGap, At: at.UTC(), Since: new(g.last.UTC())}
	}
	g.last, g.missed = at, false
	return gap, found
}
