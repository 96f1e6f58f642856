package report

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"porthole/internal/record"
)

// pageColumn is a column of the page.
type pageColumn struct {
	column
	filled bool // some row has a text in it
}

// pageColumns lists the columns of the page. What else it shows of a record is in
// the headings, or below a cell.
func pageColumns(kind string) []*pageColumn {
	byName := make(map[string]column)
	for _, c := range columnsFor(kind, inPage) {
		byName[c.name] = c
	}
	var names []string
	switch kind {
	case record.KindPort:
		names = []string{"port", "proto", "state", "service", "program", "iana", "class", "reason", "rtt_ms", "attempts", "note", "error"}
	case record.KindSocket:
		names = []string{"port", "proto", "addr", "remote_addr", "remote_port", "state", "service", "program", "iana", "process", "unit", "container", "netns_name", "published", "published_at", "reach", "reach_from", "reach_rule", "note"}
	case record.KindHost:
		names = []string{"addr", "host", "by", "asked", "rdns"}
	default:
		names = []string{"port", "proto", "service", "iana", "class", "description", "note"}
	}
	var out []*pageColumn
	for _, name := range names {
		c := byName[name]
		c.title = strings.ToLower(c.title)
		switch c.name {
		case "service":
			c.text = c.short // which marks a guess
		case "reach":
			c.text = reachWord
		}
		out = append(out, &pageColumn{column: c})
	}
	return out
}

func (h *htmlWriter) row(r *record.Record) *row {
	var cells strings.Builder
	for _, c := range h.columns {
		text := Escape(c.text(r))
		c.filled = c.filled || text != ""
		cells.WriteString(text + cellEnd)
	}
	cells.WriteString(Escape(eachHolder(r, func(p record.Process) string { return strings.Join(p.Cmdline, " ") })))
	h.verified = h.verified || isVerified(r)
	return &row{r.Port, r.Proto, r.State, serviceText(r), r.Hidden != "", r.Verified.Protocol(), traitsOf(r), strings.Clone(cells.String())}
}

func (h *htmlWriter) table(sections []*section) {
	var columns []*pageColumn
	h.put(`<table class="ports">
<thead><tr>`)
	for _, c := range h.columns {
		if !c.filled {
			continue
		}
		columns = append(columns, c)
		h.put(`<th scope="col" class="c-{}`, c.name)
		if c.right {
			h.put(" right")
		}
		h.put(`">{}</th>`, c.title)
	}
	h.put("</tr></thead>\n")
	for _, s := range sections {
		h.tableSection(s, strconv.Itoa(len(columns)))
	}
	h.put("</table>\n<p class=\"nothing\" hidden>No row has all of these words.</p>\n")
}

func (h *htmlWriter) tableSection(s *section, columns string) {
	h.put(`<tbody class="section" id="{}"><tr><td colspan="{}"><h2>{}</h2>`, s.id, columns, s.title)
	h.putIf(` <span class="explain">{}</span>`, s.explain)
	h.put(" <span class=\"n\">{}</span></td></tr></tbody>\n", s.n)
	for _, b := range s.blocks {
		h.put(`<tbody class="block" data-section="{}">`, s.id)
		if b.title != "" {
			h.put(`<tr class="head"><th colspan="{}" scope="rowgroup"><b>{}</b>`, columns, b.title)
			h.putIf(` <span class="rest">not shown: {}</span>`, b.notShown)
			h.put("</th></tr>")
		}
		h.put("\n")
		for _, r := range b.rows {
			h.tableRow(r)
		}
		h.put("</tbody>\n")
	}
}

func (h *htmlWriter) tableRow(r *row) {
	h.put(`<tr class="row" data-is="{}">`, r.traits.words(slug(r.state)))
	texts := strings.Split(r.cells, cellEnd)
	commands := texts[len(h.columns)]
	for i, c := range h.columns {
		if c.filled {
			h.cell(c, r, texts[i], commands)
		}
	}
	h.put("</tr>\n")
}

func (h *htmlWriter) cell(c *pageColumn, r *row, text, commands string) {
	h.put(`<td class="c-{}`, c.name)
	if c.right {
		h.put(" right")
	}
	if text == "" {
		h.put(" none")
	}
	h.put(`" data-name="{}"`, c.title)
	class, below := "", ""
	switch c.name {
	case "service":
		switch {
		case r.proved != "":
			text = r.proved
		case h.verified && text != "":
			class, text = "absent", strings.TrimSuffix(text, "?")+"?"
		}
	case "state":
		class = slug(r.state)
	case "process":
		below = commands
		if r.hidden {
			class = "absent"
		}
	case "addr", "remote_addr":
		h.putIf(` data-sort="{}"`, addrKey(text))
	}
	if class != "" {
		h.put(`><span class="chip {}">{}</span>`, class, text)
	} else {
		h.put(">{}", text)
	}
	h.putIf("<small>{}</small>", below)
	h.put("</td>")
}

// addrKey is a text by which the script can sort addresses.
func addrKey(addr string) string {
	a, err := netip.ParseAddr(addr)
	if err != nil {
		return ""
	}
	b := a.As16()
	return fmt.Sprintf("%x", b[:])
}

// slug turns a state into a class name.
func slug(state string) string { return strings.ReplaceAll(state, "|", "-") }
