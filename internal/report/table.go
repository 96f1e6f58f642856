package report

import (
	"bufio"
	"cmp"
	"net/netip"
	"slices"

	"porthole/internal/grid"
	"porthole/internal/record"
)

// tableWriter holds the rows back until close, because widths and order need
// them all.
type tableWriter struct {
	w       *bufio.Writer
	o       Options
	columns []column
	narrow  bool // it goes without columns rather than cut the last ones off
	rows    []*record.Record
}

func newTableWriter(w *bufio.Writer, o Options, most detail) *tableWriter {
	return &tableWriter{w: w, o: o, columns: columnsFor(o.Kind, most), narrow: most == inTable}
}

func (t *tableWriter) write(r *record.Record) error {
	row := *r
	t.rows = append(t.rows, &row)
	return nil
}

func (t *tableWriter) close(*record.Summary) error {
	if len(t.rows) == 0 {
		return nil
	}
	t.sort()
	rows := t.cells()
	g := grid.Grid{Width: t.o.Width, Paint: t.paint}
	for _, c := range t.columns {
		g.Columns = append(g.Columns, grid.Column{Title: c.title, Right: c.right})
	}
	return g.Write(t.w, rows)
}

func (t *tableWriter) paint(row, column int, text string) string {
	if row < 0 {
		return paint(text, header, t.o.Color)
	}
	if ink := t.columns[column].ink; ink != nil {
		return paint(text, ink(t.rows[row]), t.o.Color)
	}
	return text
}

// sort puts a scan in the order of its hosts, and everything by address or
// port as a reader looks it up.
func (t *tableWriter) sort() {
	if t.o.Kind != record.KindPort {
		return // the other kinds arrive in order
	}
	addrs := make(map[string]netip.Addr)
	for _, r := range t.rows {
		if _, ok := addrs[r.Addr]; !ok {
			addrs[r.Addr], _ = netip.ParseAddr(r.Addr)
		}
	}
	slices.SortStableFunc(t.rows, func(a, b *record.Record) int {
		return cmp.Or(
			cmp.Compare(a.Host, b.Host),
			addrs[a.Addr].Compare(addrs[b.Addr]),
			cmp.Compare(a.Port, b.Port),
			cmp.Compare(a.Proto, b.Proto))
	})
}

// cells renders every row and drops the columns that no row fills, or for which
// there is no room.
func (t *tableWriter) cells() [][]string {
	n := len(t.columns)
	all := make([]string, len(t.rows)*n)
	keep := make([]bool, n)
	for i, r := range t.rows {
		for k, c := range t.columns {
			text := Escape(c.text(r))
			all[i*n+k] = text
			keep[k] = keep[k] || text != ""
		}
	}
	if t.o.Width > 0 && t.narrow {
		t.spare(all, keep)
	}
	rows := make([][]string, len(t.rows))
	for i := range rows {
		row := all[i*n : i*n : (i+1)*n]
		for k, text := range all[i*n : (i+1)*n] {
			if keep[k] {
				row = append(row, text) // over what was read before
			}
		}
		rows[i] = row
	}
	var kept []column
	for k, c := range t.columns {
		if keep[k] {
			kept = append(kept, c)
		}
	}
	t.columns = kept
	return rows
}

// spare keeps no more columns than there is room for enough of each. It goes
// without others in the order that they have for that.
func (t *tableWriter) spare(cells []string, keep []bool) {
	const between = 2
	used := -between
	worth := make([]int, len(keep))
	for k, c := range t.columns {
		if !keep[k] {
			continue
		}
		worth[k] = grid.Width(c.title)
		for i := k; i < len(cells); i += len(keep) {
			worth[k] = max(worth[k], grid.Width(cells[i]))
		}
		if c.enough > 0 {
			worth[k] = min(worth[k], int(c.enough))
		}
		used += worth[k] + between
	}
	for place := uint8(1); used > t.o.Width && place > 0; place++ { // to the last there can be
		for k, c := range t.columns {
			if keep[k] && c.spared == place {
				keep[k] = false
				used -= worth[k] + between
			}
		}
	}
}
