package report

import (
	"encoding/csv"
	"io"
	"strings"

	"porthole/internal/record"
)

// csvWriter writes RFC 4180, with every column of the kind of record. The format
// has no place for the summary.
type csvWriter struct {
	w       *csv.Writer
	columns []column
	started bool
}

func newCSVWriter(w io.Writer, o Options) *csvWriter {
	c := &csvWriter{w: csv.NewWriter(w), columns: o.columns(inCSV)}
	c.w.UseCRLF = true
	return c
}

func (c *csvWriter) write(r *record.Record) error {
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

func (c *csvWriter) close(*record.Summary) error {
	if err := c.open(); err != nil {
		return err
	}
	c.w.Flush()
	return c.w.Error()
}

// defuse keeps a spreadsheet from taking a cell for a formula (CSV injection): it
// puts an apostrophe before the character that would start one. That is = + - or
// @, in some locales their full-width forms, and in some guides | or %. It counts
// at the start of a cell, after blanks, and after a semicolon, where some locales
// separate cells. Tabs and line ends are escaped before.
func defuse(cell string) string {
	const starts = "=+-@|%＝＋－＠"
	if !strings.ContainsAny(cell, starts) {
		return cell
	}
	var b strings.Builder
	atStart := true
	for _, r := range cell {
		if atStart && strings.ContainsRune(starts, r) {
			b.WriteByte('\'')
		}
		atStart = r == ';' || atStart && r == ' '
		b.WriteRune(r)
	}
	return b.String()
}
