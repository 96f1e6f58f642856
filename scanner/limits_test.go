package scanner

import (
	"math"
	"testing"
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
