package report

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// section is a host by the name that was typed, or an exposure; its blocks are
// the addresses of the host, or the owners of its sockets.
type section struct {
	ID, Title, Explain string
	Class              string // the colour of its marks, where the state gives none
	N                  string
	Blocks             []block
}

// block is what stands under one heading, with its lane of the map.
type block struct {
	Title, Rest string // Rest counts what is not shown
	Rows        []row
	records     []*Record
}

type row struct{ Cells []cell }

type pageColumn struct {
	Name, Title string
	Right       bool
}

// cell is one text of a row. Sort is set where the text does not sort by
// itself.
type cell struct {
	pageColumn
	Text, Sub, Class, Sort string
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

func (h *htmlWriter) sections() []section {
	switch h.o.Kind {
	case KindPort:
		return h.byHost()
	case KindSocket:
		return h.byExposure()
	default:
		b := block{records: h.rows}
		return []section{{ID: "services", Title: "Services", Class: "near", N: count(len(h.rows), "entry", "entries"), Blocks: []block{b}}}
	}
}

// byHost makes a section per name, with a block per address.
func (h *htmlWriter) byHost() []section {
	shown := make(map[netip.Addr][]*Record)
	for _, r := range h.rows {
		addr, _ := netip.ParseAddr(r.Addr)
		shown[addr] = append(shown[addr], r)
	}
	var out []section
	for _, host := range h.g.sorted() {
		records := shown[host.addr]
		if len(records) == 0 {
			continue
		}
		slices.SortStableFunc(records, func(a, b *Record) int {
			return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.Proto, b.Proto))
		})
		b := block{Title: host.addr.String(), Rest: restText(host), records: records}
		if last := len(out) - 1; last >= 0 && host.name != "" && out[last].Title == Escape(host.name) {
			out[last].Blocks = append(out[last].Blocks, b)
			continue
		}
		s := section{ID: fmt.Sprintf("host-%d", len(out)+1), Title: Escape(cmp.Or(host.name, b.Title)), Blocks: []block{b}}
		out = append(out, s)
	}
	for i := range out {
		out[i].sumUp()
	}
	return out
}

// sumUp counts the ports of a host. What is not shown of a literal address
// stands there, too, for its block needs no heading.
func (s *section) sumUp() {
	n := 0
	for _, b := range s.Blocks {
		n += len(b.records)
	}
	s.N = count(n, "port", "ports")
	if b := &s.Blocks[0]; b.Title == s.Title {
		if b.Rest != "" {
			s.N += "; not shown: " + b.Rest
		}
		b.Title, b.Rest = "", ""
	}
}

// byExposure makes a section per exposure, with a block per owner.
func (h *htmlWriter) byExposure() []section {
	var out []section
	for _, e := range exposures() {
		s := section{ID: "exposure-" + cmp.Or(e.name, "unknown"), Title: e.title, Explain: e.explain, Class: e.class}
		owners := make(map[string]int)
		n := 0
		for _, r := range h.rows {
			if r.Exposure != e.name {
				continue
			}
			n++
			owner := Escape(cmp.Or(userText(r), "owner not known"))
			at, known := owners[owner]
			if !known {
				at = len(s.Blocks)
				owners[owner] = at
				s.Blocks = append(s.Blocks, block{Title: owner})
			}
			s.Blocks[at].records = append(s.Blocks[at].records, r)
		}
		if n == 0 {
			continue
		}
		s.N = count(n, "socket", "sockets")
		slices.SortStableFunc(s.Blocks, func(a, b block) int { return cmp.Compare(a.Title, b.Title) })
		for _, b := range s.Blocks {
			slices.SortStableFunc(b.records, func(a, b *Record) int {
				return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.Proto, b.Proto))
			})
		}
		out = append(out, s)
	}
	return out
}

// pageNames are the columns of the page by their CSV names; the rest is in
// headings, or beside these.
func pageNames(kind string) []string {
	switch kind {
	case KindPort:
		return []string{"port", "proto", "state", "service", "iana", "class", "reason", "rtt_ms", "attempts", "note", "error"}
	case KindSocket:
		return []string{"port", "proto", "addr", "remote_addr", "remote_port", "state", "service", "iana", "class", "process", "note"}
	default:
		return []string{"port", "proto", "service", "iana", "class", "description", "note"}
	}
}

// fill makes the rows of every block, without the columns that none fills.
func fill(sections []section, kind string) []pageColumn {
	byName := make(map[string]column)
	for _, c := range columnsFor(kind, inCSV) {
		byName[c.name] = c
	}
	var kept []pageColumn
	for _, name := range pageNames(kind) {
		c := byName[name]
		if !slices.ContainsFunc(sections, func(s section) bool {
			return slices.ContainsFunc(s.Blocks, func(b block) bool {
				return slices.ContainsFunc(b.records, func(r *Record) bool { return c.text(r) != "" })
			})
		}) {
			continue
		}
		kept = append(kept, pageColumn{c.name, strings.ToLower(c.title), c.right})
	}
	for _, s := range sections {
		for i := range s.Blocks {
			b := &s.Blocks[i]
			for _, r := range b.records {
				cells := make([]cell, len(kept))
				for k, c := range kept {
					cells[k] = newCell(c, byName[c.Name], r)
				}
				b.Rows = append(b.Rows, row{cells})
			}
		}
	}
	return kept
}

func newCell(p pageColumn, c column, r *Record) cell {
	out := cell{pageColumn: p, Text: Escape(c.text(r))}
	switch c.name {
	case "state":
		out.Class = slug(r.State)
	case "process":
		out.Sub = Escape(eachHolder(r, func(p Process) string { return strings.Join(p.Cmdline, " ") }))
		if r.Hidden != "" {
			out.Class = "absent"
		}
	case "addr", "remote_addr":
		out.Sort = addrKey(c.text(r))
	}
	return out
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

// quiet is an address of a scan without anything to show.
type quiet struct{ Name, Addr, Status, Rest string }

func (h *htmlWriter) quiet() []quiet {
	if h.g == nil {
		return nil
	}
	var out []quiet
	for _, host := range h.g.sorted() {
		if len(host.lines) == 0 {
			status := host.status
			if status == "unknown" {
				status = "no answer"
			}
			out = append(out, quiet{Escape(host.name), host.addr.String(), status, restText(host)})
		}
	}
	return out
}

// restText counts what is not shown of a host.
func restText(h *host) string {
	var parts []string
	for _, t := range h.byState() {
		parts = append(parts, fmt.Sprintf("%d %s", t.n, t.state))
	}
	return strings.Join(parts, ", ")
}
