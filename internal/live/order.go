package live

import (
	"cmp"
	"net/netip"
	"slices"
	"sort"
	"strings"

	"porthole/internal/report"
)

// arrange chooses the rows that are shown and sorts them. The cursor stays on
// its socket; the rows may be others than when it was put there.
func (m *model) arrange() {
	words := strings.Fields(strings.ToLower(m.filter))
	shown := make([]int, 0, len(m.rows))
	for i := range m.rows {
		if m.keeps(&m.rows[i], words) {
			shown = append(shown, i)
		}
	}
	by := m.comparison()
	sort.Slice(shown, func(i, j int) bool { return by(&m.rows[shown[i]], &m.rows[shown[j]]) < 0 })
	m.shown, m.wide = shown, widths(m.rows, shown, len(m.columns))
	if i := slices.IndexFunc(shown, func(i int) bool { return m.rows[i].number == m.under }); i >= 0 {
		m.cursor = i
	}
	m.settle()
}

// keeps tells whether a row passes the filters: it has every word somewhere.
func (m *model) keeps(r *row, words []string) bool {
	if m.proto != "" && !strings.HasPrefix(r.record.Proto, m.proto) {
		return false
	}
	if m.privileged && (r.record.Privileged == nil || !*r.record.Privileged) {
		return false
	}
	for _, word := range words {
		if !slices.ContainsFunc(r.cells, func(c string) bool { return strings.Contains(strings.ToLower(c), word) }) {
			return false
		}
	}
	return true
}

// comparison is by the chosen column, then by what a reader looks up.
func (m *model) comparison() func(a, b *row) int {
	column := slices.IndexFunc(m.columns, func(f report.Field) bool { return f.Name == m.order })
	return func(a, b *row) int {
		order := 0
		switch {
		case m.order == "port":
			order = cmp.Compare(a.record.Port, b.record.Port)
		case m.order == "addr":
			order = address(a).Compare(address(b))
		case column >= 0:
			order = cmp.Compare(strings.ToLower(a.cells[column]), strings.ToLower(b.cells[column]))
		}
		if m.descending {
			order = -order
		}
		return cmp.Or(
			order,
			cmp.Compare(a.record.Port, b.record.Port),
			cmp.Compare(a.record.Proto, b.record.Proto),
			address(a).Compare(address(b)),
			cmp.Compare(a.record.RemotePort, b.record.RemotePort),
			cmp.Compare(a.number, b.number))
	}
}

func address(r *row) netip.Addr {
	a, _ := netip.ParseAddr(r.record.Addr)
	return a
}

// sortNext sorts by the next column that holds anything. The list begins at its
// top again: who sorts wants to see the ends.
func (m *model) sortNext() {
	var held []string
	for _, s := range m.filled() {
		held = append(held, s.Name)
	}
	if len(held) == 0 {
		return
	}
	m.order, m.descending = held[(slices.Index(held, m.order)+1)%len(held)], false
	m.arrange()
	m.first()
}

func (m *model) first() {
	m.cursor = 0
	m.settle()
}
