package scanner

import (
	"math"
	"testing"
	"time"
)

func TestBudget(t *testing.T) {
	for _, c := range []struct{ limit, used, ports, want int }{
		{20000, 20, 28232, 14116},         // Linux: half of its ports
		{1024, 20, 28232, 940},            // an old default
		{256, 20, 16384, 220},             // macOS before Go lifts it
		{64, 10, 28232, 46},               // ulimit -n 64
		{64, 60, 28232, smallestInFlight}, // nearly all in use
		{10, 200, 28232, smallestInFlight},
		{20000, 20, 1, smallestInFlight},
		{math.MaxInt32, 0, 16384, 8192}, // Windows
	} {
		if got := budget(c.limit, c.used, c.ports); got != c.want {
			t.Errorf("%d descriptors, %d used, %d ports: %d in flight, want %d", c.limit, c.used, c.ports, got, c.want)
		}
	}
}

func TestConcurrencyWithin(t *testing.T) {
	for _, c := range []struct{ budget, want, got int }{
		{14116, 0, defaultInFlight},
		{46, 0, 46},
		{46, 5000, 46},
		{46, 1, 1},
		{14116, 5000, 5000},
	} {
		if got := concurrencyWithin(c.budget, c.want); got != c.got {
			t.Errorf("%d of %d asked: %d in flight, want %d", c.want, c.budget, got, c.got)
		}
	}
}

// TestThisMachine checks that its limits make sense.
func TestThisMachine(t *testing.T) {
	limit, used := descriptors()
	if used < 0 || limit <= used {
		t.Errorf("%d descriptors of which %d are used", limit, used)
	}
	if first, last := ephemeralPorts(); first == 0 || first > last {
		t.Errorf("ephemeral ports from %d to %d", first, last)
	}
}

func TestWindow(t *testing.T) {
	w := newWindow(100)
	if w.passed(); w.size != 100 {
		t.Errorf("it grew past its limit to %d", w.size)
	}
	// All of the first hundred that do not fit in a room of 20 fail in turn.
	for others := 99; others >= 20; others-- {
		if pause := w.refused(others); pause != 0 {
			t.Fatalf("a pause of %v with %d in flight", pause, others)
		}
	}
	if w.size != 10 {
		t.Errorf("the window is %d after a room of 20 was found full, want half", w.size)
	}
	for range 5 * growAfter {
		w.passed()
	}
	if w.size != 15 {
		t.Errorf("the window is %d after %d attempts, want 15", w.size, 5*growAfter)
	}
}

func TestWindowAlone(t *testing.T) {
	w := newWindow(8)
	var waited, last time.Duration
	refusals := 0
	for ; !w.hopeless(); refusals++ {
		pause := w.refused(0)
		if pause < last || pause < firstPause || pause > longestPause {
			t.Fatalf("a pause of %v after one of %v", pause, last)
		}
		waited, last = waited+pause, pause
	}
	if w.size != 1 || refusals != lonePatience || waited < 4*time.Second || waited > 6*time.Second {
		t.Errorf("window %d, gave up after %d and %v", w.size, refusals, waited)
	}
	if pause := w.refused(0); pause != 0 || !w.hopeless() {
		t.Errorf("without hope it still waits %v", pause)
	}
	if w.passed(); w.hopeless() {
		t.Error("an attempt got through and there is no hope yet")
	}
}
