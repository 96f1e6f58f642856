package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"porthole/internal/record"
)

// figures writes the counts at the top of the page, and a bar with their shares.
func (h *htmlWriter) figures(s *record.Summary) {
	h.put("<dl class=\"stats\">\n")
	for _, n := range figures(s) {
		h.put("<div")
		h.putIf(` class="{}"`, n.class)
		h.put("><dd>{}</dd><dt>{}</dt></div>\n", strconv.FormatUint(n.n, 10), n.label)
	}
	h.put("</dl>\n")
	h.bar(h.parts(s))
}

// figure is one count at the top of the page.
type figure struct {
	n            uint64
	label, class string
}

func figures(s *record.Summary) []figure {
	var out []figure
	add := func(n uint64, one, many, class string) {
		label := many
		if n == 1 {
			label = one
		}
		out = append(out, figure{n, label, class})
	}
	if n := s.ScanCounts; n != nil {
		add(n.Open, "open", "open", "open")
		if n.OpenFiltered > 0 {
			add(n.OpenFiltered, "open|filtered", "open|filtered", "")
		}
		add(n.Filtered, "filtered", "filtered", "")
		add(n.Closed, "closed", "closed", "")
		if n.ClosedFiltered > 0 {
			add(n.ClosedFiltered, "closed|filtered", "closed|filtered", "")
		}
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
	if n := s.VerifyCounts; n != nil {
		add(n.Verified, "verified", "verified", "open")
		add(n.Unidentified, "unidentified", "unidentified", "")
		if n.Mismatched > 0 {
			add(n.Mismatched, "speaks something else than its number", "speak something else than their number", "unknown")
		}
	}
	if n := s.LookupCounts; n != nil {
		add(uint64(n.Services), "service", "services", "")
	}
	return out
}

// parts counts the verdicts of a scan by state, the sockets of a list by exposure.
func (h *htmlWriter) parts(s *record.Summary) (parts []figure) {
	if n := s.ScanCounts; n != nil {
		parts = []figure{
			{n.Open, "open", "open"}, {n.OpenFiltered, "open|filtered", "open-filtered"},
			{n.Filtered, "filtered", "filtered"}, {n.Closed, "closed", "closed"}, {n.ClosedFiltered, "closed|filtered", "closed-filtered"}, {n.Middlebox, "middlebox", "closed"}, {n.Unknown, "unknown", "unknown"},
		}
	}
	if s.ListCounts != nil {
		for _, e := range exposures() {
			part := figure{label: e.title, class: e.class}
			for key, b := range h.blocks {
				if key.exposure == e.name {
					part.n += uint64(len(b.rows))
				}
			}
			parts = append(parts, part)
		}
	}
	return slices.DeleteFunc(parts, func(p figure) bool { return p.n == 0 })
}

// bar draws the share of each part.
func (h *htmlWriter) bar(parts []figure) {
	if len(parts) == 0 {
		return
	}
	var total uint64
	var words []string
	for _, p := range parts {
		total += p.n
		words = append(words, fmt.Sprintf("%d %s", p.n, p.label))
	}
	h.put(`<svg class="bar" role="img" aria-label="{}">`, strings.Join(words, ", "))
	at := 0.0
	for i, p := range parts {
		width := 100 * float64(p.n) / float64(total)
		h.put(`<rect class="{}" x="{}" width="{}" height="10"><title>{}</title></rect>`, p.class, percent(at), percent(width), words[i])
		at += width
	}
	h.put("</svg>\n")
}

func percent(x float64) string { return strconv.FormatFloat(x, 'f', 2, 64) + "%" }
