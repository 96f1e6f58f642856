package live

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"porthole/internal/report"
)

// comparison compares rows by the chosen column, then by port, protocol and address.
func (m *model) comparison() func(a, b *row) int {
	column := slices.IndexFunc(m.columns, func(f report.Field) bool { return f.Name == m.order })
	return func(a, b *row) int {
		order := 0
		switch {
		case m.order == "port":
			order = cmp.Compare(a.record.Port, b.record.Port)
		case m.order == "addr":
			order = address(a).Compare(address(b))
		case column >= 0 && m.columns[column].Right:
			x, y := a.cells[column], b.cells[column]
			order = cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y))
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

// sortNext sorts by the next column that is not empty, and moves the cursor to the
// first row.
func (m *model) sortNext() {
	var names []string
	for _, s := range m.usedColumns() {
		names = append(names, s.Name)
	}
	if len(names) == 0 {
		return
	}
	m.order, m.descending = names[(slices.Index(names, m.order)+1)%len(names)], false
	m.rebuild()
	m.first()
}

func (m *model) first() {
	m.cursor = 0
	m.scrollIntoView()
}
