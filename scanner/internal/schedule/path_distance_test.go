package schedule

import (
	"testing"
	"time"
)

// TestOvertaken has one host answer long after the others. If no later attempt was
// answered before, a queue may have held the answer up, and the path begins anew with
// a small window. If one was, the host is far away: a queue keeps the order.
func TestOvertaken(t *testing.T) {
	for _, overtaken := range []bool{false, true} {
		p := newPath()
		near, far := rtt{}, rtt{}
		answer := func(h *rtt, sent, took time.Duration) {
			h.sample(took, hostsToTrust)
			p.answered(sent+took, sent, h)
		}
		answer(&near, time.Millisecond, 20*time.Millisecond)
		if overtaken {
			later := rtt{}
			answer(&later, 3*time.Millisecond, 20*time.Millisecond)
		}
		answer(&far, 2*time.Millisecond, time.Second)
		p.restartSmall(2 * time.Second)
		if small := p.size == cautiousWindow; small == overtaken {
			t.Errorf("overtaken %v: the window is %v", overtaken, p.size)
		}
	}
}
