package live

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"porthole/internal/report"
)

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
