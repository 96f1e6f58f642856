package report

import (
	"bufio"
	"fmt"
	"strings"

	"porthole/internal/grid"
	"porthole/internal/record"
)

// findingsWriter writes the findings of an audit for people. A finding is too long
// for a row of a table: it is a heading, with the evidence and the advice below. The
// title stands below the heading where the terminal has no room beside it.
type findingsWriter struct {
	w *bufio.Writer
	o Options
	n int
}

func (f *findingsWriter) write(r *record.Record) error {
	if f.n++; f.n > 1 {
		f.w.WriteByte('\n')
	}
	where := r.Endpoint()
	if r.NetNSName != "" {
		where += " in " + r.NetNSName
	}
	severity := paint(fmt.Sprintf("%-6s", r.Finding.Severity), severityStyle(r), f.o.Color)
	const margin, do = "        ", "do: "
	heading := Escape(where + "  " + r.Finding.Rule)
	full := heading + "  " + Escape(r.Finding.Title)
	beside := f.o.Width == 0 || len(margin)+grid.Width(full) <= f.o.Width
	if beside {
		heading = full
	}
	fmt.Fprintf(f.w, "%s  %s\n", severity, heading)
	if !beside {
		paragraph(f.w, f.o, margin, margin, r.Finding.Title)
	}
	paragraph(f.w, f.o, margin, margin, r.Finding.Evidence)
	return paragraph(f.w, f.o, margin+do, margin+strings.Repeat(" ", len(do)), r.Finding.Advice)
}

func (f *findingsWriter) close(*record.Summary) error { return nil }

func severityStyle(r *record.Record) style {
	switch r.Finding.Severity {
	case record.SeverityHigh:
		return styleBad
	case record.SeverityMedium:
		return styleCaution
	default:
		return styleFaint
	}
}
