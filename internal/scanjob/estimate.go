package scanjob

import (
	"math"
	"net/netip"
	"time"

	"porthole/internal/hosts"
	"porthole/scanner"
)

// AssumedRoundTrip is the round-trip time that an [Estimate] assumes, since it asks no
// target.
const AssumedRoundTrip = 20 * time.Millisecond

// Estimate says how much a scan asks, and how long that takes.
type Estimate struct {
	Addresses uint64 // of the whole scan
	Here      uint64 // addresses that this shard asks, or looks for with Discovery
	Probes    uint64 // of this shard, if every address is alive

	Discovery         bool   // some addresses are looked for before their ports are asked
	DiscoveryAttempts uint64 // that this takes

	InFlight int // probes at most

	// Soonest is the time if the first attempts are answered within AssumedRoundTrip,
	// Longest if every probe is silent, and no address on this machine's links is in
	// use.
	Soonest, Longest time.Duration
}

// Estimate says what Run would take. The error is a [ConfigError] if the settings
// of the scanner make no sense.
func (j *Job) Estimate() (e Estimate, err error) {
	e.Addresses = j.addresses
	onLink := float64(0)
	pace := j.newLinkPace()
	for _, s := range j.sets {
		addresses, probes, err := j.share(s)
		if err != nil {
			return e, err
		}
		if j.discover && !j.atOnce(s) {
			tcp, udp := j.discoveryPorts(s)
			e.Discovery = true
			e.DiscoveryAttempts += addresses * uint64(len(tcp)+len(udp)+1) // and an echo request
		}
		e.Here += addresses
		onLink += shareOnLink(pace, s) * float64(s.Len()) / float64(j.Shards)
		e.Probes += probes
	}
	if e.InFlight, err = j.Scanner.InFlight(); err != nil {
		return e, &ConfigError{err}
	}
	least, most := e.Probes, e.Probes*uint64(j.Scanner.Attempts)
	e.Soonest = j.timeFor(least, e.InFlight, AssumedRoundTrip)
	if e.Discovery { // silent addresses have to be waited for
		most += e.DiscoveryAttempts
		e.Soonest = min(
			j.timeFor(e.DiscoveryAttempts, e.InFlight, j.Scanner.Timeout),
			j.timeFor(e.DiscoveryAttempts+e.Probes, e.InFlight, AssumedRoundTrip))
	}
	e.Longest = max(j.timeFor(most, e.InFlight, j.Scanner.Timeout), pace.Dead(uint64(math.Ceil(onLink))))
	return e, nil
}

// linkPace is what an estimate needs of a [scanner.LinkPace].
type linkPace interface {
	OnLink(netip.Addr) bool
	Dead(addresses uint64) time.Duration
}

func systemLinkPace() linkPace { return scanner.NewLinkPace() }

// shareOnLink estimates, from a sample, which share of the addresses of a set is on
// links of this machine.
func shareOnLink(pace linkPace, s *hosts.Set) float64 {
	const samples = 1 << 16
	n := min(s.Len(), samples)
	found := 0
	for i := range n {
		if pace.OnLink(s.At(i * (s.Len() / n)).Addr) {
			found++
		}
	}
	return float64(found) / float64(max(n, 1))
}

// share counts the addresses and probes of a set that are this shard's.
func (j *Job) share(s *hosts.Set) (addresses, probes uint64, err error) {
	if !j.discover {
		order, err := j.portsOrder(s)
		if err != nil {
			return 0, 0, err
		}
		return s.Len(), order.Len(), nil
	}
	order, err := j.discoveryOrder(s)
	if err != nil {
		return 0, 0, err
	}
	if j.Discover == DiscoverOnly {
		return order.Len(), 0, nil
	}
	return order.Len(), order.Len() * j.portCount(s), nil
}

// timeFor is how long attempts take if each of them waits for wait.
func (j *Job) timeFor(attempts uint64, inFlight int, wait time.Duration) time.Duration {
	seconds := max(float64(attempts)/float64(inFlight), 1) * wait.Seconds()
	if rate := j.Scanner.Rate; rate > 0 {
		seconds = max(seconds, float64(attempts)/rate)
	}
	const longest = 200 * 365 * 24 * time.Hour // that a Duration can hold
	if seconds > longest.Seconds() {
		return longest
	}
	return time.Duration(math.Round(seconds * float64(time.Second)))
}
