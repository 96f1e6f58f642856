package report

import (
	"bufio"
	"fmt"
	"strings"

	"porthole/internal/record"
)

// findingsWriter is the table of an audit: a finding is too long for a row, so
// each is a heading with its evidence and what to do below it.
type findingsWriter struct {
	w *bufio.Writer
	o Options
	n int
}

func (f *findingsWriter) write(r *record.Record) error {
	if f.n++; f.n > 1 {
		f.w.WriteByte('\n')
	}
	place := r.Endpoint()
	if r.NetNSName != "" {
		place += " in " + r.NetNSName
	}
	severity := paint(fmt.Sprintf("%-6s", r.Finding.Severity), severityInk(r), f.o.Color)
	fmt.Fprintf(f.w, "%s  %s\n", severity, Escape(strings.Join([]string{place, r.Finding.Rule, r.Finding.Title}, "  ")))
	const margin, do = "        ", "do: "
	paragraph(f.w, f.o, margin, margin, r.Finding.Evidence)
	return paragraph(f.w, f.o, margin+do, margin+strings.Repeat(" ", len(do)), r.Finding.Advice)
}

func (f *findingsWriter) close(*record.Summary) error { return nil }

func severityInk(r *record.Record) ink {
	switch r.Finding.Severity {
	case record.SeverityHigh:
		return bad
	case record.SeverityMedium:
		return caution
	default:
		return faint
	}
}
