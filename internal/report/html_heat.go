package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"porthole/internal/sentence"
)

// heat is a picture of many hosts: a row for each of the ports that most of them
// have open, a cell for neighbours among the hosts. Its size does not depend on how
// many hosts there are.
type heat struct {
	lanes   []lane
	class   string // of the rows that are counted
	columns int
	ports   []*heatPort // those of the most hosts first
	cells   [][]int     // of the first ports: hosts by column
}

// heatPort is a port that some hosts have open.
type heatPort struct {
	port           uint16
	proto, service string
	hosts          int
}

const (
	heatColumns = 120
	heatPorts   = 24
	heatTicks   = 5
	heatLevels  = 4
)

func newHeat(lanes []lane) *heat {
	h := &heat{lanes: lanes, columns: min(len(lanes), heatColumns)}
	h.class = heaviest(lanes)
	type key struct {
		proto string
		port  uint16
	}
	byKey := make(map[key]*heatPort)
	each := func(do func(lane int, p *heatPort, r *row)) {
		for i, l := range lanes {
			for _, r := range l.rows {
				if slug(r.state) == h.class {
					do(i, byKey[key{r.proto, r.port}], r)
				}
			}
		}
	}
	each(func(_ int, p *heatPort, r *row) {
		if p == nil {
			p = &heatPort{port: r.port, proto: r.proto, service: r.service}
			byKey[key{r.proto, r.port}] = p
		}
		p.hosts++
	})
	h.ports = slices.SortedFunc(maps.Values(byKey), func(a, b *heatPort) int {
		return cmp.Or(cmp.Compare(b.hosts, a.hosts), cmp.Compare(a.port, b.port), cmp.Compare(a.proto, b.proto))
	})
	rows := make(map[*heatPort][]int)
	for _, p := range h.ports[:min(len(h.ports), heatPorts)] {
		rows[p] = make([]int, h.columns)
		h.cells = append(h.cells, rows[p])
	}
	each(func(lane int, p *heatPort, _ *row) {
		if cells := rows[p]; cells != nil {
			cells[h.column(lane)]++
		}
	})
	return h
}

// heaviest is the class that matters most among the rows.
func heaviest(lanes []lane) (heaviest string) {
	most := -1
	for _, l := range lanes {
		for _, r := range l.rows {
			if class := slug(r.state); weight(class) > most {
				most, heaviest = weight(class), class
			}
		}
	}
	return heaviest
}

func (p *heatPort) name() string { return strconv.Itoa(int(p.port)) + "/" + p.proto }

func (h *heat) column(lane int) int { return lane * h.columns / len(h.lanes) }

// lanesIn are the lanes of a column, from the first to before the last.
func (h *heat) lanesIn(column int) (first, end int) {
	up := func(column int) int { return (column*len(h.lanes) + h.columns - 1) / h.columns }
	return up(column), up(column + 1)
}

// perCell says how many hosts a cell stands for.
func (h *heat) perCell() string {
	n := len(h.lanes) / h.columns
	if len(h.lanes)%h.columns == 0 {
		return sentence.Count(n, "address", "addresses")
	}
	return fmt.Sprintf("%d or %d addresses", n, n+1)
}

// heatMap draws the heat map.
func (h *htmlWriter) heatMap(lanes []lane) {
	m := newHeat(lanes)
	title := "The ports of most hosts"
	if m.class != "open" {
		title += ": " + m.class
	}
	h.put(`<section class="map heat">
<h2>{}</h2>
<p class="explain">{}, from {} to {}; a cell is {}</p>
`, title, sentence.Count(len(lanes), "address", "addresses"), lanes[0].name(), lanes[len(lanes)-1].name(), m.perCell())
	for i := range m.cells {
		h.heatRow(m, i)
	}
	h.ticks(m)
	h.put(`<p class="legend"><span>few <svg class="steps">`)
	for level := range heatLevels {
		h.put(`<rect class="h{}" x="{}" width="12" height="12" y="2"/>`, strconv.Itoa(level+1), strconv.Itoa(14*level))
	}
	h.put(`</svg> all of a cell's addresses</span>`)
	if more := m.ports[len(m.cells):]; len(more) > 0 {
		h.put(` <span class="scale">{} not drawn, on {} at most</span>`, sentence.Count(len(more), "port", "ports"), sentence.Count(more[0].hosts, "address", "addresses"))
	}
	h.put("</p>\n</section>\n")
}

func (h *htmlWriter) heatRow(m *heat, i int) {
	p := m.ports[i]
	h.put(`<div class="strip"><span class="who" data-group="port" data-show="{}"><b>{}</b> <small>{}</small></span> <span class="n">{}</span>
<svg role="img" aria-label="{}"><rect class="track" width="100%" height="100%" rx="3"/>`,
		p.name(), p.name(), p.service, thousands(uint64(p.hosts)),
		fmt.Sprintf("%s on %d of %d addresses", p.name(), p.hosts, len(m.lanes)))
	width := 100 / float64(m.columns)
	for column, n := range m.cells[i] {
		if n == 0 {
			continue
		}
		first, end := m.lanesIn(column)
		level := (n*heatLevels + end - first - 1) / (end - first)
		h.put(`<rect class="h{}" x="{}" width="{}" height="100%"><title>{}</title></rect>`,
			strconv.Itoa(level), percent(float64(column)*width), percent(width), m.tip(p, n, column))
	}
	h.put("</svg></div>\n")
}

// tip says which hosts a cell stands for.
func (h *heat) tip(p *heatPort, n, column int) string {
	first, end := h.lanesIn(column)
	if end-first == 1 {
		return p.name() + ": " + h.lanes[first].name()
	}
	return fmt.Sprintf("%s: %d of %d, %s to %s", p.name(), n, end-first, h.lanes[first].name(), h.lanes[end-1].name())
}

// ticks names a few hosts below the cells, and leads to them.
func (h *htmlWriter) ticks(m *heat) {
	h.put(`<div class="ticks">`)
	for tick := range heatTicks {
		l := m.lanes[tick*(len(m.lanes)-1)/(heatTicks-1)]
		h.put(`<a href="#{}">{}</a>`, l.section.id, l.name())
	}
	h.put("</div>\n")
}
