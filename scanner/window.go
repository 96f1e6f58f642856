package scanner

import "time"

const (
	growAfter    = 16 // attempts without a local limit that earn one more place
	firstPause   = time.Millisecond
	longestPause = time.Second
	lonePatience = 14 // local limits in a row, alone: about five seconds of pauses
	maxPutBacks  = 40 // times one probe is put back, whatever else gets through
)

// window is how many probes may be in flight. It shrinks when this machine
// runs out of descriptors, ports or memory, to half of what was in flight
// then, and regrows one place at a time while attempts get through.
//
// A local limit that is met with nothing else in flight is not of our making:
// only time can lift it, so each asks for a longer pause, until patience ends.
type window struct {
	size, limit int
	through     int // attempts that got through since the window last grew
	lone        int // local limits met in a row with nothing else in flight
}

func newWindow(limit int) *window { return &window{size: limit, limit: limit} }

// passed notes an attempt that met no local limit.
func (w *window) passed() {
	w.lone = 0
	if w.size == w.limit {
		return
	}
	if w.through++; w.through == growAfter {
		w.through = 0
		w.size++
	}
}

// refused notes an attempt that met a local limit while others were in flight,
// and returns how long to wait before the next attempt.
func (w *window) refused(others int) time.Duration {
	w.through = 0
	w.size = max(1, min(w.size, others/2))
	if others > 0 || w.hopeless() {
		return 0 // an end of those in flight is what to wait for
	}
	pause := min(firstPause<<w.lone, longestPause)
	w.lone++
	return pause
}

// hopeless reports that patience with a limit not of our making has ended.
// Attempts go on, once for each probe, so the first that gets through is
// noticed.
func (w *window) hopeless() bool { return w.lone >= lonePatience }
