package report

import (
	"bufio"
	"cmp"
	"net/netip"
	"slices"

	"porthole/internal/forest"
	"porthole/internal/grid"
	"porthole/internal/record"
)

// tableWriter keeps all rows until close, since the widths and the order depend on
// all of them.
type tableWriter struct {
	w       *bufio.Writer
	o       Options
	columns []column
	narrow  bool // on a narrow terminal, drop columns rather than cut off the last ones
	rows    []*record.Record
	forest  []string // the branch of each row in the first column, with Options.Tree
}

func newTableWriter(w *bufio.Writer, o Options, d detail) *tableWriter {
	return &tableWriter{w: w, o: o, columns: o.columns(d), narrow: d == inTable && len(o.Columns) == 0}
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
	if t.o.Tree {
		t.plant()
	}
	rows := t.cells()
	g := grid.Grid{Width: t.o.Width, ASCII: t.o.ASCII, Paint: t.paint}
	for _, c := range t.columns {
		g.Columns = append(g.Columns, grid.Column{Title: c.title, Right: c.right})
	}
	return g.Write(t.w, rows)
}

func (t *tableWriter) paint(row, column int, text string) string {
	if row < 0 {
		return paint(text, styleHeader, t.o.Color)
	}
	if style := t.columns[column].style; style != nil && t.rows[row] != nil {
		return paint(text, style(t.rows[row]), t.o.Color)
	}
	return text
}

// plant makes a forest of the rows: the processes come first, and those that hold no
// socket have a row without a record.
func (t *tableWriter) plant() {
	var rows []*record.Record
	for _, line := range forest.Lines(t.rows, someHolders) {
		t.forest = append(t.forest, line.Text)
		if line.Socket >= 0 {
			rows = append(rows, t.rows[line.Socket])
		} else {
			rows = append(rows, nil)
		}
	}
	t.rows = rows
	process := column{name: "process", title: "PROCESS", style: hiddenStyle}
	others := slices.DeleteFunc(slices.Clone(t.columns), func(c column) bool { return c.name == process.name })
	t.columns = append([]column{process}, others...)
}

func (t *tableWriter) text(row, column int) string {
	switch r := t.rows[row]; {
	case t.forest != nil && column == 0:
		return t.forest[row]
	case r != nil:
		return t.columns[column].text(r)
	}
	return ""
}

// sort orders the verdicts of a scan by host, address and port. The other kinds of
// record arrive in order.
func (t *tableWriter) sort() {
	if t.o.Kind != record.KindPort && t.o.Kind != record.KindHost {
		return
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

// widestCell is the most columns of a cell: one argument of 64 KB would pad every
// row. JSON and CSV have all of it.
const widestCell = 240

// cells makes the texts of every row. It drops the columns that no row has a text
// for, and those for which there is no room, unless the user chose them.
func (t *tableWriter) cells() [][]string {
	n := len(t.columns)
	if slices.ContainsFunc(t.rows, func(r *record.Record) bool { return r != nil && isVerified(r) }) {
		for k, c := range t.columns {
			if c.verified != nil {
				t.columns[k].text = c.verified
			}
		}
	}
	all := make([]string, len(t.rows)*n)
	keep := make([]bool, n)
	for i := range t.rows {
		for k := range t.columns {
			text := t.o.plain(t.text(i, k))
			if len(text) > widestCell {
				text = t.o.cut(text, widestCell)
			}
			all[i*n+k] = text
			keep[k] = keep[k] || text != "" || len(t.o.Columns) > 0
		}
	}
	if t.o.Width > 0 && t.narrow {
		t.dropColumns(all, keep)
	}
	rows := make([][]string, len(t.rows))
	for i := range rows {
		row := all[i*n : i*n : (i+1)*n]
		for k, text := range all[i*n : (i+1)*n] {
			if keep[k] {
				row = append(row, text) // overwrites only what was read already
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

// isSame reports whether a column has the same text in every row that has a record,
// of several.
func (t *tableWriter) isSame(cells []string, column int) bool {
	same, n := "", 0
	for i, r := range t.rows {
		if r == nil {
			continue
		}
		text := cells[i*len(t.columns)+column]
		if n > 0 && text != same {
			return false
		}
		same = text
		n++
	}
	return n > 1
}

// dropColumns drops columns until the others fit the terminal: those that say the
// same in every row before anything is cut, then by their dropOrder until there is
// room for the full width of each, or its minWidth if that is less.
func (t *tableWriter) dropColumns(cells []string, keep []bool) {
	const gap = 2
	full, used, last := -gap, -gap, uint8(0)
	widths := make([]int, len(keep))
	for k, c := range t.columns {
		if !keep[k] {
			continue
		}
		widths[k] = grid.Width(c.title)
		for i := k; i < len(cells); i += len(keep) {
			widths[k] = max(widths[k], grid.Width(cells[i]))
		}
		full += widths[k] + gap
		if c.minWidth > 0 {
			widths[k] = min(widths[k], int(c.minWidth))
		}
		used += widths[k] + gap
		last = max(last, c.dropOrder)
	}
	for k, c := range slices.Backward(t.columns) {
		if full > t.o.Width && keep[k] && c.sameGoes && t.isSame(cells, k) {
			keep[k] = false
			used -= widths[k] + gap
			full -= widths[k] + gap // none of these is ever cut
		}
	}
	for turn := uint8(1); used > t.o.Width && turn <= last; turn++ {
		for k, c := range t.columns {
			if keep[k] && c.dropOrder == turn {
				keep[k] = false
				used -= widths[k] + gap
			}
		}
	}
}
