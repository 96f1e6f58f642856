package report

import (
	"encoding/csv"
	"io"
	"strings"
)

// csvWriter writes RFC 4180 with every column of the kind; it has no place for
// the summary.
type csvWriter struct {
	w       *csv.Writer
	columns []column
	started bool
}

func newCSVWriter(w io.Writer, o Options) *csvWriter {
	return &csvWriter{w: csv.NewWriter(w), columns: columnsFor(o.Kind, inCSV)}
}

func (c *csvWriter) write(r *Record) error {
	if err := c.open(); err != nil {
		return err
	}
	row := make([]string, len(c.columns))
	for i, col := range c.columns {
		row[i] = defuse(Escape(col.text(r)))
	}
	return c.w.Write(row)
}

func (c *csvWriter) open() error {
	if c.started {
		return nil
	}
	c.started = true
	names := make([]string, len(c.columns))
	for i, col := range c.columns {
		names[i] = col.name
	}
	return c.w.Write(names)
}

func (c *csvWriter) close(*Summary) error {
	if err := c.open(); err != nil {
		return err
	}
	c.w.Flush()
	return c.w.Error()
}

// defuse keeps a spreadsheet from running a cell as a formula: a cell that
// starts like one gets an apostrophe in front.
func defuse(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
