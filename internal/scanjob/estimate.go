package scanjob

import (
	"time"

	"porthole/scanner"
)

// AssumedRoundTrip stands for that of the targets in an [Estimate], which cannot
// know it.
const AssumedRoundTrip = 20 * time.Millisecond

// Estimate is what a scan amounts to.
type Estimate struct {
	Addresses uint64 // of the whole scan
	Here      uint64 // of those, the ones that this shard looks for or asks
	Probes    uint64 // of this shard, if every address is alive

	Discovery         bool   // dead addresses are found first
	DiscoveryAttempts uint64 // to do so

	InFlight int // probes at most

	// Soonest is if the first attempt settles all and answers take
	// AssumedRoundTrip, Longest if every probe is silent.
	Soonest, Longest time.Duration
}

// Estimate tells what Run would do. It fails with a [ConfigError] if the
// scanner's settings make no sense.
func (j *Job) Estimate() (e Estimate, err error) {
	e.Addresses, e.Discovery = j.addresses, j.discover
	for _, s := range j.sets {
		order, err := j.order(s, everyHost{s}, false)
		if err != nil {
			return e, err
		}
		addresses, probes := s.Len(), order.Len()
		if e.Discovery {
			share, err := j.addressOrder(s)
			if err != nil {
				return e, err
			}
			ports := j.portsOf(s)
			addresses = share.Len()
			probes = addresses * uint64(ports.Len("tcp")+ports.Len("udp"))
		}
		e.Here += addresses
		e.Probes += probes
	}
	if e.InFlight, err = j.Scanner.InFlight(); err != nil {
		return e, &ConfigError{err}
	}
	least, most := e.Probes, e.Probes*uint64(j.Scanner.Attempts)
	e.Soonest = j.timeFor(least, e.InFlight, AssumedRoundTrip)
	if e.Discovery { // dead addresses have to be waited for
		e.DiscoveryAttempts = e.Here * uint64(len(scanner.DiscoveryPorts()))
		most += e.DiscoveryAttempts
		e.Soonest = min(
			j.timeFor(e.DiscoveryAttempts, e.InFlight, j.Scanner.Timeout),
			j.timeFor(e.DiscoveryAttempts+e.Probes, e.InFlight, AssumedRoundTrip))
	}
	e.Longest = j.timeFor(most, e.InFlight, j.Scanner.Timeout)
	return e, nil
}

// timeFor is how long attempts take if each is waited for as long.
func (j *Job) timeFor(attempts uint64, inFlight int, wait time.Duration) time.Duration {
	seconds := max(float64(attempts)/float64(inFlight), 1) * wait.Seconds()
	if rate := j.Scanner.Rate; rate > 0 {
		seconds = max(seconds, float64(attempts)/rate)
	}
	const most = 200 * 365 * 24 * time.Hour // what a Duration can hold
	if seconds > most.Seconds() {
		return most
	}
	return time.Duration(seconds * float64(time.Second))
}
