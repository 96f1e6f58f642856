package scanjob

import (
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"porthole/internal/record"
	"porthole/scanner"
)

// TestLate has an address answer after it was taken to be down: its ports are asked
// after those of the others, and the summary counts it as alive. A checkpoint and a
// list of addresses have each once: there discovery waits.
func TestLate(t *testing.T) {
	c := config(t, "192.0.2.1-4", "1-2")
	c.Discover = DiscoverAlways
	var s seen
	c.Hooks = s.hooks()
	var late []string
	c.Hooks.Late = func(h scanner.HostStatus) { late = append(late, fmt.Sprint(h.Addr, " ", h.Evidence.Reason)) }
	f := newFakeNetwork()
	f.late = []netip.Addr{netip.MustParseAddr("192.0.2.3")}
	out := make(outcomes)
	sum, err := prepare(t, c, f).Run(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	want := outcomes{
		"tcp/192.0.2.2:1": "counted closed", "tcp/192.0.2.2:2": "shown open", "tcp/192.0.2.3:1": "counted closed",
		"tcp/192.0.2.3:2": "shown open", "tcp/192.0.2.4:1": "counted closed", "tcp/192.0.2.4:2": "shown open",
	}
	if diff := cmp.Diff(want, out); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
	wantCounts := &record.ScanCounts{Targets: 4, Alive: 3, Down: 1, Silent: 8, Probes: 6, Open: 3, Closed: 3}
	if diff := cmp.Diff(wantCounts, sum.ScanCounts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"192.0.2.3 echo-reply"}, late); diff != "" {
		t.Errorf("late (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"0 4 1", "1 4 2", "1 2 2"}, s.stages); diff != "" {
		t.Errorf("stages (-want +got):\n%s", diff)
	}

	c.Discover = DiscoverOnly
	late = nil
	if sum, err = prepare(t, c, f).Run(t.Context(), make(outcomes)); err != nil || sum.Alive != 2 || sum.Down != 2 || late != nil {
		t.Errorf("only discovery: %v, %+v, %v", err, sum.ScanCounts, late)
	}
}

// TestLateRest has addresses answer a good while after all have a status. Where few are
// down they are waited for as long as that may take, and one that answers while others
// are asked is asked then. Where many are down there is no waiting.
func TestLateRest(t *testing.T) {
	for _, c := range []struct {
		targets    string
		gap        time.Duration
		alive, all uint64
	}{
		{"192.0.2.0-63", 990 * time.Millisecond, 33, 64},
		{"192.0.2.0-63", 490 * time.Millisecond, 34, 64},
		{"192.0.2.0-63", 50 * time.Millisecond, 34, 64},
		{"192.0.2.0-192.0.4.255", 990 * time.Millisecond, 384, 768},
	} {
		t.Run(fmt.Sprint(c.targets, c.gap), func(t *testing.T) {
			cfg := config(t, c.targets, "1-2")
			cfg.Discover = DiscoverAlways
			f := newFakeNetwork()
			f.late = []netip.Addr{netip.MustParseAddr("192.0.2.3"), netip.MustParseAddr("192.0.2.7")}
			f.gap, f.rest = c.gap, time.Second
			job := prepare(t, cfg, f)
			synctest.Test(t, func(t *testing.T) {
				sum, err := job.Run(t.Context(), make(outcomes))
				if err != nil || sum.Alive != c.alive || sum.Down != c.all-c.alive {
					t.Errorf("%v, %+v, want %d alive", err, sum.ScanCounts, c.alive)
				}
			})
		})
	}
}
