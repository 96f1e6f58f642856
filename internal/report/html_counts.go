package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"porthole/internal/record"
)

// figure is one count at the top of the page.
type figure struct {
	n            uint64
	label, class string
	group, show  string // what the rows that it counts have, for the script: of a state, a trait, or a section
}

// figures writes the counts at the top of the page, and a bar with their shares.
// The script makes filters of those whose rows are on the page.
func (h *htmlWriter) figures(s *record.Summary, sections []*section) {
	onPage := filters(sections)
	h.put("<ul class=\"stats\">\n")
	for _, n := range counted(s, sections) {
		h.put("<li")
		h.putIf(` class="{}"`, n.class)
		if onPage[n.show] {
			h.put(` data-group="{}" data-show="{}"`, n.group, n.show)
		}
		h.put("><b>{}</b> <span>{}</span></li>\n", thousands(n.n), n.label)
	}
	h.put("</ul>\n")
	h.bar(parts(s, sections))
}

// filters are what some row of the page has, or its section.
func filters(sections []*section) map[string]bool {
	have := make(map[string]bool)
	var all traits
	for _, s := range sections {
		have[s.id] = true
		for _, b := range s.blocks {
			for _, r := range b.rows {
				have[slug(r.state)] = true
				all |= r.traits
			}
		}
	}
	for word := range strings.FieldsSeq(all.words("")) {
		have[word] = true
	}
	return have
}

func counted(s *record.Summary, sections []*section) []figure {
	var out []figure
	add := func(n uint64, one, many string, f figure) {
		f.n, f.label = n, many
		if n == 1 {
			f.label = one
		}
		out = append(out, f)
	}
	if n := s.ScanCounts; n != nil {
		for _, state := range states(n) {
			if state.n > 0 || state.label == "open" || state.label == "filtered" || state.label == "closed" {
				out = append(out, state)
			}
		}
		add(n.Targets, "address", "addresses", figure{})
		if n.Down > 0 {
			add(n.Down, "down", "down", figure{})
		}
		add(n.Probes, "probe", "probes", figure{})
	}
	if n := s.ListCounts; n != nil {
		add(uint64(n.Sockets), "socket", "sockets", figure{})
		out = append(out, exposureFigures(sections)...)
		add(uint64(n.Processes), "process", "processes", figure{})
		add(uint64(n.Privileged), "privileged", "privileged", figure{group: "right", show: "privileged"})
		if n.Hidden > 0 {
			add(uint64(n.Hidden), "hidden holder", "hidden holders", figure{group: "holder", show: "hidden"})
		}
		if n.MayMatch > 0 {
			add(uint64(n.MayMatch), "more may match", "more may match", figure{class: "unknown"})
		}
	}
	if n := s.VerifyCounts; n != nil {
		add(n.Verified, "verified", "verified", figure{class: "open", group: "verified", show: "verified"})
		add(n.Unidentified, "unidentified", "unidentified", figure{group: "verified", show: "unidentified"})
		if n.Unreachable > 0 {
			add(n.Unreachable, "unreachable", "unreachable", figure{class: "unknown", group: "verified", show: "unreachable"})
		}
		if n.Mismatched > 0 {
			add(n.Mismatched, "speaks something else than its number", "speak something else than their number", figure{class: "unknown", group: "verified", show: "mismatched"})
		}
	}
	if n := s.LookupCounts; n != nil {
		add(uint64(n.Services), "service", "services", figure{})
	}
	return out
}

// states counts the verdicts of a scan by state.
func states(n *record.ScanCounts) []figure {
	of := func(n uint64, state string) figure {
		return figure{n: n, label: state, class: slug(state), group: "state", show: slug(state)}
	}
	return []figure{
		of(n.Open, "open"), of(n.OpenFiltered, "open|filtered"), of(n.Filtered, "filtered"), of(n.Closed, "closed"),
		of(n.ClosedFiltered, "closed|filtered"), {n: n.Middlebox, label: "middlebox", class: "closed"}, of(n.Unknown, "unknown"),
	}
}

// exposureFigures counts the sockets of a list by exposure.
func exposureFigures(sections []*section) []figure {
	var out []figure
	for _, s := range sections {
		out = append(out, figure{n: uint64(s.len()), label: strings.ToLower(s.title), class: s.class, group: "section", show: s.id})
	}
	return out
}

// parts are what the bar shows: of a scan the states, of a list the exposures.
func parts(s *record.Summary, sections []*section) (parts []figure) {
	switch {
	case s.ScanCounts != nil:
		parts = states(s.ScanCounts)
	case s.ListCounts != nil:
		parts = exposureFigures(sections)
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
		words = append(words, fmt.Sprintf("%s %s", thousands(p.n), p.label))
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

// thousands writes a number with commas, as in 65,535.
func thousands(n uint64) string {
	text := strconv.FormatUint(n, 10)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}
