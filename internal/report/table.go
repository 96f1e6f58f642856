package report

import (
	"bufio"
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// tableWriter holds the rows back until close, because widths and order need
// them all.
type tableWriter struct {
	w       *bufio.Writer
	o       Options
	columns []column
	rows    []*Record
}

func newTableWriter(w *bufio.Writer, o Options, most detail) *tableWriter {
	return &tableWriter{w: w, o: o, columns: columnsFor(o.Kind, most)}
}

func (t *tableWriter) write(r *Record) error {
	row := *r
	t.rows = append(t.rows, &row)
	return nil
}

func (t *tableWriter) close(*Summary) error {
	if len(t.rows) == 0 {
		return nil
	}
	t.sort()
	cells := t.cells()
	tw := table.NewWriter()
	tw.SetStyle(bare())
	tw.SuppressTrailingSpaces()
	var configs []table.ColumnConfig
	head := table.Row{}
	for i, c := range t.columns {
		if c.right {
			configs = append(configs, table.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight})
		}
		head = append(head, paint(c.title, header, t.o.Color))
	}
	tw.SetColumnConfigs(configs)
	tw.AppendHeader(head)
	for _, row := range cells {
		tw.AppendRow(row)
	}
	for line := range strings.Lines(tw.Render() + "\n") {
		if _, err := t.w.WriteString(t.fit(line)); err != nil {
			return err
		}
	}
	return nil
}

// fit cuts a line that is wider than the terminal. go-pretty's own limit would
// mark blank padding as cut, too.
func (t *tableWriter) fit(line string) string {
	line = strings.TrimSuffix(line, "\n")
	if t.o.Width > 0 && text.StringWidthWithoutEscSequences(line) > t.o.Width {
		line = text.Snip(line, t.o.Width, "…")
	}
	return line + "\n"
}

// sort puts a scan in the order of its hosts, and everything by address or
// port as a reader looks it up.
func (t *tableWriter) sort() {
	if t.o.Kind != KindPort {
		return // the other kinds arrive in order
	}
	addrs := make(map[string]netip.Addr)
	for _, r := range t.rows {
		if _, ok := addrs[r.Addr]; !ok {
			addrs[r.Addr], _ = netip.ParseAddr(r.Addr)
		}
	}
	slices.SortStableFunc(t.rows, func(a, b *Record) int {
		return cmp.Or(
			cmp.Compare(a.Host, b.Host),
			addrs[a.Addr].Compare(addrs[b.Addr]),
			cmp.Compare(a.Port, b.Port),
			cmp.Compare(a.Proto, b.Proto))
	})
}

// cells renders every row and drops the columns that no row fills.
func (t *tableWriter) cells() []table.Row {
	texts := make([][]string, len(t.rows))
	filled := make([]bool, len(t.columns))
	for i, r := range t.rows {
		texts[i] = make([]string, len(t.columns))
		for k, c := range t.columns {
			texts[i][k] = Escape(c.text(r))
			filled[k] = filled[k] || texts[i][k] != ""
		}
	}
	var kept []column
	rows := make([]table.Row, len(t.rows))
	for k, c := range t.columns {
		if !filled[k] {
			continue
		}
		kept = append(kept, c)
		for i, r := range t.rows {
			cell := texts[i][k]
			if c.ink != nil {
				cell = paint(cell, c.ink(r), t.o.Color)
			}
			rows[i] = append(rows[i], cell)
		}
	}
	t.columns = kept
	return rows
}

// bare is two blanks between columns and nothing else.
func bare() table.Style {
	style := table.Style{Name: "porthole"}
	style.Box.PaddingRight = "  "
	style.Format.Header = text.FormatDefault
	return style
}
