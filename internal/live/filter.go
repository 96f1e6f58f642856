package live

import (
	"slices"
	"sort"
	"strings"
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
