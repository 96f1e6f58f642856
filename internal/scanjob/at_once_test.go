package scanjob

import (
	"context"
	"errors"
	"net/netip"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"porthole/internal/record"
	"porthole/scanner"
)

// TestAtOnce holds that few ports are asked of every address without looking for it
// first, that an address that is silent to all of them counts as down, also in shards
// and when resumed, and that excluded ports are left out.
func TestAtOnce(t *testing.T) {
	silent := func(t scanner.Target) bool { return t.Addr.Addr().As4()[3]%4 != 1 && t.Addr.Port() != 9 }
	for _, shards := range []uint64{1, 3} {
		var sum record.ScanCounts
		silentHosts := 0
		for shard := range shards {
			c := config(t, "198.18.0.0/24,198.18.0.1:9", "1-5,9")
			c.Seed, c.Shard, c.Shards = nil, shard+1, shards
			c.ExcludePorts = config(t, "192.0.2.1", "9").Ports
			var s seen
			c.Hooks = s.hooks()
			path := filepath.Join(t.TempDir(), "scan.ckpt")
			ctx, cancel := context.WithCancel(t.Context())
			f := newFakeNetwork()
			f.silent, f.stop, f.stopAt = silent, cancel, 7
			c.Checkpoint = open(t, path)
			if _, err := prepare(t, c, f).Run(ctx, make(outcomes)); !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			c.Checkpoint = open(t, path)
			part, err := prepare(t, c, f).Run(t.Context(), make(outcomes))
			if err != nil {
				t.Fatal(err)
			}
			sum.Add(*part.ScanCounts)
			silentHosts += s.silent
			for target, times := range f.asked {
				if times > 1 || target.Proto != "tcp" || target.Addr.Port() > 5 {
					t.Errorf("%v asked %d times", target, times)
				}
			}
		}
		want := record.ScanCounts{Targets: 257, Alive: 64, Down: 192, Silent: 192 * 5, Probes: 256 * 5, Open: 64 * 2, Closed: 64 * 3, Filtered: 192 * 5}
		if diff := cmp.Diff(want, sum); diff != "" {
			t.Errorf("%d shards (-want +got):\n%s", shards, diff)
		}
		if silentHosts != 192 {
			t.Errorf("%d shards: %d addresses are named", shards, silentHosts)
		}
	}
}

// TestAtOnceNeighbours holds that an address that is silent to the few ports that are
// asked of all at once is alive if it answered ARP, and that one that could not be
// asked is neither alive nor down.
func TestAtOnceNeighbours(t *testing.T) {
	c := config(t, "198.18.0.0/27", "1-2")
	var s seen
	c.Hooks = s.hooks()
	f := newFakeNetwork()
	f.link = []netip.Addr{netip.MustParseAddr("198.18.0.7"), netip.MustParseAddr("198.18.0.8")}
	f.silent = func(t scanner.Target) bool { return t.Addr.Addr().As4()[3] != 8 && !f.unable(t) }
	f.unable = func(t scanner.Target) bool { return t.Addr.Addr().As4()[3] == 9 && t.Addr.Port() == 2 }
	sum, err := prepare(t, c, f).Run(t.Context(), make(outcomes))
	if err != nil {
		t.Fatal(err)
	}
	want := &record.ScanCounts{Targets: 32, Alive: 2, Down: 29, Silent: 29 * 2, Probes: 64, Open: 1, Closed: 1, Filtered: 61, Unknown: 1}
	if diff := cmp.Diff(want, sum.ScanCounts); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s.silent != 29 {
		t.Errorf("%d addresses are named", s.silent)
	}
}

// TestAtOnceNeighboursResumed has a neighbour that drops every port and was asked before
// the scan was interrupted. It is alive, though the system has forgotten it.
func TestAtOnceNeighboursResumed(t *testing.T) {
	c := config(t, "198.18.0.0/27", "1-2")
	path := filepath.Join(t.TempDir(), "scan.ckpt")
	f := newFakeNetwork()
	f.link = []netip.Addr{netip.MustParseAddr("198.18.0.7")}
	f.silent = func(t scanner.Target) bool { return t.Addr.Addr() == f.link[0] }
	f.recent = make(map[netip.Addr]bool)
	ctx, cancel := context.WithCancel(t.Context())
	f.stop, f.stopAt = cancel, 62
	c.Checkpoint = open(t, path)
	if _, err := prepare(t, c, f).Run(ctx, make(outcomes)); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	for _, port := range []uint16{1, 2} {
		if f.asked[scanner.Target{Proto: "tcp", Addr: netip.AddrPortFrom(f.link[0], port)}] == 0 {
			t.Fatalf("port %d of the neighbour was not asked before the end", port)
		}
	}
	clear(f.recent)
	c.Checkpoint = open(t, path)
	sum, err := prepare(t, c, f).Run(t.Context(), make(outcomes))
	if err != nil {
		t.Fatal(err)
	}
	if sum.Alive != 32 || sum.Down != 0 || sum.Probes != 64 || sum.Filtered != 2 {
		t.Errorf("%+v", sum.ScanCounts)
	}
}
