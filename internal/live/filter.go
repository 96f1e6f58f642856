package live

import (
	"slices"
	"sort"
	"strings"
)

// rebuild selects the rows that match the filters and sorts them. The cursor stays
// on its socket, as long as that is shown.
func (m *model) rebuild() {
	words := strings.Fields(strings.ToLower(m.filter))
	shown := make([]int, 0, len(m.rows))
	for i := range m.rows {
		if m.matches(&m.rows[i], words) {
			shown = append(shown, i)
		}
	}
	by := m.comparison()
	sort.Slice(shown, func(i, j int) bool { return by(&m.rows[shown[i]], &m.rows[shown[j]]) < 0 })
	m.shown, m.widths = shown, widths(m.rows, shown, len(m.columns))
	if m.tree {
		m.makeTree()
		shown = m.shown
	}
	if i := slices.IndexFunc(shown, func(i int) bool { return m.rows[i].number == m.selectedNumber }); i >= 0 {
		m.cursor = i
	}
	m.scrollIntoView()
}

// matches reports whether a row matches the filters. Every word must be in one of
// its cells.
func (m *model) matches(r *row, words []string) bool {
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
