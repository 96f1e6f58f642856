package cli

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"sort"
	"time"

	"porthole/internal/report"
	"porthole/scanner"
)

// roundTrips has the round-trip times of each host that answered, for --verbose.
type roundTrips map[hostKey]*rttStats

type hostKey struct {
	addr netip.Addr
	name string
}

// rttStats is of one host.
type rttStats struct {
	answers       int
	min, sum, max time.Duration
}

func (t *roundTrips) add(res scanner.Result) {
	if res.RTT <= 0 {
		return
	}
	if *t == nil {
		*t = make(roundTrips)
	}
	key := hostKey{res.Addr.Addr(), res.Host}
	h := (*t)[key]
	if h == nil {
		h = &rttStats{min: res.RTT}
		(*t)[key] = h
	}
	h.answers++
	h.sum += res.RTT
	h.min, h.max = min(h.min, res.RTT), max(h.max, res.RTT)
}

// print writes a line for each host, by address.
func (t roundTrips) print(w io.Writer) {
	hosts := slices.Collect(maps.Keys(t))
	sort.Slice(hosts, func(i, j int) bool {
		a, b := hosts[i], hosts[j]
		return cmp.Or(a.addr.Compare(b.addr), cmp.Compare(a.name, b.name)) < 0
	})
	for _, key := range hosts {
		h, host := t[key], report.Escape(hostName(key.name, key.addr))
		if h.answers == 1 {
			fmt.Fprintf(w, "%s: 1 answer, a round trip of %s\n", host, roundTrip(h.min))
			continue
		}
		fmt.Fprintf(w, "%s: %d answers, round trips of %s to %s, %s on average\n", host,
			h.answers, roundTrip(h.min), roundTrip(h.max), roundTrip(h.sum/time.Duration(h.answers)))
	}
}
