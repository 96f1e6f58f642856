package report

import (
	"fmt"
	"strconv"
)

// stat is one number at the head of the page.
type stat struct {
	N, Label, Class string
}

// segment is one part of the bar below the numbers, in percent of its width.
type segment struct {
	X, W         string
	Class, Label string
}

func stats(s *Summary) []stat {
	var out []stat
	add := func(n uint64, one, many, class string) {
		label := many
		if n == 1 {
			label = one
		}
		out = append(out, stat{strconv.FormatUint(n, 10), label, class})
	}
	if n := s.ScanCounts; n != nil {
		add(n.Open, "open", "open", "open")
		if n.OpenFiltered > 0 {
			add(n.OpenFiltered, "open|filtered", "open|filtered", "")
		}
		add(n.Filtered, "filtered", "filtered", "")
		add(n.Closed, "closed", "closed", "")
		if n.Middlebox > 0 {
			add(n.Middlebox, "middlebox", "middlebox", "")
		}
		if n.Unknown > 0 {
			add(n.Unknown, "unknown", "unknown", "unknown")
		}
		add(n.Targets, "address", "addresses", "")
		if n.Down > 0 {
			add(n.Down, "down", "down", "")
		}
		add(n.Probes, "probe", "probes", "")
	}
	if n := s.ListCounts; n != nil {
		add(uint64(n.Sockets), "socket", "sockets", "")
		add(uint64(n.Processes), "process", "processes", "")
		add(uint64(n.Privileged), "privileged", "privileged", "")
		if n.Hidden > 0 {
			add(uint64(n.Hidden), "hidden holder", "hidden holders", "")
		}
	}
	if n := s.LookupCounts; n != nil {
		add(uint64(n.Services), "service", "services", "")
	}
	return out
}

// bar parts the verdicts of a scan by state, the sockets of a list by
// exposure.
func (h *htmlWriter) bar(s *Summary) []segment {
	type part struct {
		n            uint64
		label, class string
	}
	var parts []part
	if n := s.ScanCounts; n != nil {
		parts = []part{
			{n.Open, "open", "open"}, {n.OpenFiltered, "open|filtered", "open-filtered"},
			{n.Filtered, "filtered", "filtered"}, {n.Closed, "closed", "closed"}, {n.Middlebox, "middlebox", "closed"}, {n.Unknown, "unknown", "unknown"},
		}
	}
	if s.ListCounts != nil {
		reach := make(map[string]uint64)
		for _, r := range h.rows {
			reach[r.Exposure]++
		}
		for _, e := range exposures() {
			parts = append(parts, part{reach[e.name], e.title, e.class})
		}
	}
	var total uint64
	for _, p := range parts {
		total += p.n
	}
	var out []segment
	at := 0.0
	for _, p := range parts {
		if p.n > 0 {
			width := 100 * float64(p.n) / float64(total)
			out = append(out, segment{percent(at), percent(width), p.class, fmt.Sprintf("%d %s", p.n, p.label)})
			at += width
		}
	}
	return out
}

func percent(x float64) string { return strconv.FormatFloat(x, 'f', 2, 64) + "%" }
