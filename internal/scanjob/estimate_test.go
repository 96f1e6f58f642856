package scanjob

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fakeLinkPace has 198.18.0.0/16 on a link, and finds out about 100 addresses a minute.
type fakeLinkPace struct{}

func (fakeLinkPace) OnLink(a netip.Addr) bool {
	return netip.MustParsePrefix("198.18.0.0/16").Contains(a)
}

func (fakeLinkPace) Dead(n uint64) time.Duration { return time.Duration(n) * time.Minute / 100 }

// TestEstimate holds what a scan is said to take, with discovery, as a shard, and
// of a size that no clock has room for.
func TestEstimate(t *testing.T) {
	for _, test := range []struct {
		name, targets, ports string
		change               func(*Config)
		want                 Estimate
	}{
		{"rate", "192.0.2.1-2", "1-50", func(c *Config) { c.Scanner.Rate = 10 },
			Estimate{Addresses: 2, Here: 2, Probes: 100, InFlight: 100, Soonest: 10 * time.Second, Longest: 20 * time.Second}},
		{"silence", "192.0.2.1", "1-300", nil,
			Estimate{Addresses: 1, Here: 1, Probes: 300, InFlight: 100, Soonest: 3 * AssumedRoundTrip, Longest: 12 * time.Second}},
		{"discovery", "198.51.100.0/24", "1-100", nil,
			Estimate{Addresses: 256, Here: 256, Probes: 25_600, Discovery: true, DiscoveryAttempts: 9 * 256, InFlight: 100,
				Soonest: (9*256 + 25_600) * AssumedRoundTrip / 100, Longest: (9*256 + 2*25_600) * 2 * time.Second / 100}},
		{"shard", "192.0.2.0/29", "1-3", func(c *Config) { c.Shard, c.Shards = 2, 5 },
			Estimate{Addresses: 8, Here: 8, Probes: 5, InFlight: 100, Soonest: AssumedRoundTrip, Longest: 2 * time.Second}},
		{"shard of addresses", "192.0.2.0/29", "1-3", func(c *Config) { c.Shard, c.Shards, c.Discover = 2, 8, DiscoverAlways },
			Estimate{Addresses: 8, Here: 1, Probes: 3, Discovery: true, DiscoveryAttempts: 9, InFlight: 100, Soonest: AssumedRoundTrip, Longest: 2 * time.Second}},
		{"link", "198.18.0.0/24,198.51.100.0/24", "1", func(c *Config) { c.Scanner.Rate, c.Scanner.Attempts = 1e6, 1 },
			Estimate{Addresses: 512, Here: 512, Probes: 512, InFlight: 100, Soonest: 102400 * time.Microsecond, Longest: 256 * time.Minute / 100}},
		{"shard of a link", "198.18.0.0/24", "1", func(c *Config) { c.Shard, c.Shards = 1, 2 },
			Estimate{Addresses: 256, Here: 128, Probes: 128, InFlight: 100, Soonest: 25600 * time.Microsecond, Longest: 128 * time.Minute / 100}},
		{"centuries", "240.0.0.0/8", "1-1000", func(c *Config) { c.Discover, c.Scanner.Rate = DiscoverNever, 1e-6 },
			Estimate{Addresses: 1 << 24, Here: 1 << 24, Probes: 1000 << 24, InFlight: 100, Soonest: 200 * 365 * 24 * time.Hour, Longest: 200 * 365 * 24 * time.Hour}},
	} {
		c := config(t, test.targets, test.ports)
		c.Scanner.Concurrency = 100
		if test.change != nil {
			test.change(&c)
		}
		j, err := Prepare(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		j.newLinkPace = func() linkPace { return fakeLinkPace{} }
		got, err := j.Estimate()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}
