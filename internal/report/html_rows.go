package report

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"porthole/internal/record"
)

// section is a host by the name that was typed, or an exposure; its blocks are
// the addresses of the host, or the owners of its sockets.
type section struct {
	id, title, explain string
	class              string // the colour of its marks, where the state gives none
	n                  string
	blocks             []*block
}

// block is what stands under one heading, with its lane of the map.
type block struct {
	title, rest string // rest counts what is not shown
	rows        []*row
}

// row is one record, small: the page keeps all of them until it knows their
// order and which columns are empty.
type row struct {
	port                  uint16
	proto, state, service string
	hidden                bool   // its holders are
	cells                 string // the escaped texts of the columns and the command lines, parted by cellEnd
}

const cellEnd = "\x00" // no escaped text has it

// pageColumn is a column of the page.
type pageColumn struct {
	column
	filled bool // by a row
}

// pageColumns are the columns of the page; the rest of a record is in headings,
// or beside these.
func pageColumns(kind string) []*pageColumn {
	byName := make(map[string]column)
	for _, c := range columnsFor(kind, inCSV) {
		byName[c.name] = c
	}
	var names []string
	switch kind {
	case record.KindPort:
		names = []string{"port", "proto", "state", "service", "iana", "class", "reason", "rtt_ms", "attempts", "note", "error"}
	case record.KindSocket:
		names = []string{"port", "proto", "addr", "remote_addr", "remote_port", "state", "service", "iana", "class", "process", "note"}
	default:
		names = []string{"port", "proto", "service", "iana", "class", "description", "note"}
	}
	var out []*pageColumn
	for _, name := range names {
		c := byName[name]
		c.title = strings.ToLower(c.title)
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
	return &row{r.Port, r.Proto, r.State, r.Service, r.Hidden != "", strings.Clone(cells.String())}
}

// exposure is who can reach a socket, the widest first.
type exposure struct{ name, title, explain, class string }

func exposures() []exposure {
	return []exposure{
		{"all", "Every interface", "whoever can reach any address of this machine", "wide"},
		{"public", "A public address", "whoever can reach that address on the internet", "wide"},
		{"local", "A local address", "neighbours on a private or link-local network", "near"},
		{"loopback", "Loopback", "this machine alone", "own"},
		{"", "Elsewhere", "an exposure that is not known", "near"},
	}
}

func (h *htmlWriter) sections(hosts []*host) []*section {
	switch h.o.Kind {
	case record.KindPort:
		return h.byHost(hosts)
	case record.KindSocket:
		return h.byExposure()
	}
	b := h.blocks[place{}]
	if b == nil {
		b = new(block)
	}
	return []*section{{id: "services", title: "Services", class: "near", n: count(len(b.rows), "entry", "entries"), blocks: []*block{b}}}
}

// byHost makes a section per name, with a block per address.
func (h *htmlWriter) byHost(hosts []*host) []*section {
	var out []*section
	name := "" // of the last section
	for _, host := range hosts {
		b := h.blocks[place{addr: host.addr}]
		if b == nil {
			continue
		}
		b.sort()
		b.title, b.rest = host.addr.String(), restText(host)
		if host.name != "" && host.name == name {
			last := out[len(out)-1]
			last.blocks = append(last.blocks, b)
			continue
		}
		name = host.name
		s := &section{id: fmt.Sprintf("host-%d", len(out)+1), title: name, blocks: []*block{b}}
		if name == "" { // the heading of the section serves the block
			s.title, s.explain = b.title, host.rdns
			b.title = ""
		}
		out = append(out, s)
	}
	for _, s := range out {
		s.sumUp()
	}
	return out
}

func (b *block) sort() {
	slices.SortStableFunc(b.rows, func(x, y *row) int {
		return cmp.Or(cmp.Compare(x.port, y.port), cmp.Compare(x.proto, y.proto))
	})
}

func (s *section) len() int {
	n := 0
	for _, b := range s.blocks {
		n += len(b.rows)
	}
	return n
}

// sumUp counts the ports of a host. What is not shown of a literal address
// stands there, too, for its block needs no heading.
func (s *section) sumUp() {
	s.n = count(s.len(), "port", "ports")
	if b := s.blocks[0]; b.title == "" && b.rest != "" {
		s.n += "; not shown: " + b.rest
	}
}

// byExposure makes a section per exposure, with a block per owner.
func (h *htmlWriter) byExposure() []*section {
	var out []*section
	for _, e := range exposures() {
		s := &section{id: "exposure-" + cmp.Or(e.name, "unknown"), title: e.title, explain: e.explain, class: e.class}
		for at, b := range h.blocks {
			if at.exposure == e.name {
				b.title = at.owner
				b.sort()
				s.blocks = append(s.blocks, b)
			}
		}
		if len(s.blocks) == 0 {
			continue
		}
		s.n = count(s.len(), "socket", "sockets")
		slices.SortFunc(s.blocks, func(a, b *block) int { return cmp.Compare(a.title, b.title) })
		out = append(out, s)
	}
	return out
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
	h.put(`<tbody class="section" id="{}"><tr><th colspan="{}" scope="rowgroup"><h2>{}</h2>`, s.id, columns, s.title)
	h.putIf(` <span class="explain">{}</span>`, s.explain)
	h.put(" <span class=\"n\">{}</span></th></tr></tbody>\n", s.n)
	for _, b := range s.blocks {
		h.put(`<tbody class="block" data-section="{}">`, s.id)
		if b.title != "" {
			h.put(`<tr class="head"><th colspan="{}" scope="rowgroup"><b>{}</b>`, columns, b.title)
			h.putIf(` <span class="rest">not shown: {}</span>`, b.rest)
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
	h.put(`<tr class="row">`)
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

// addrKey sorts addresses as text.
func addrKey(addr string) string {
	a, err := netip.ParseAddr(addr)
	if err != nil {
		return ""
	}
	b := a.As16()
	return fmt.Sprintf("%x", b[:])
}

// slug is a state as a class name.
func slug(state string) string { return strings.ReplaceAll(state, "|", "-") }

// restText counts what is not shown of a host.
func restText(h *host) string {
	var parts []string
	for _, t := range h.byState() {
		parts = append(parts, fmt.Sprintf("%d %s", t.n, t.state))
	}
	return strings.Join(parts, ", ")
}
