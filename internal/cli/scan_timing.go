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

// timings is what --verbose tells of each host that answered.
type timings map[timedHost]*timing

type timedHost struct {
	addr netip.Addr
	name string
}

// timing is of one host: its answers and their round trips.
type timing struct {
	answers          int
	least, sum, most time.Duration
}

func (t *timings) note(res scanner.Result) {
	if res.RTT <= 0 {
		return
	}
	if *t == nil {
		*t = make(timings)
	}
	key := timedHost{res.Addr.Addr(), res.Host}
	h := (*t)[key]
	if h == nil {
		h = &timing{least: res.RTT}
		(*t)[key] = h
	}
	h.answers++
	h.sum += res.RTT
	h.least, h.most = min(h.least, res.RTT), max(h.most, res.RTT)
}

// print writes a line for each host, by address.
func (t timings) print(w io.Writer) {
	hosts := slices.Collect(maps.Keys(t))
	sort.Slice(hosts, func(i, j int) bool {
		a, b := hosts[i], hosts[j]
		return cmp.Or(a.addr.Compare(b.addr), cmp.Compare(a.name, b.name)) < 0
	})
	for _, key := range hosts {
		h := t[key]
		fmt.Fprintf(w, "%s: %s, round trips of %s to %s, %s on average\n", report.Escape(hostName(key.name, key.addr)),
			plural(h.answers, "answer"), roundTrip(h.least), roundTrip(h.most), roundTrip(h.sum/time.Duration(h.answers)))
	}
}
