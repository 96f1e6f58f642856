package report

import (
	"bufio"
	"cmp"
	"fmt"
	"strings"

	"porthole/internal/grid"
)

// findingsWriter is the table of an audit: a finding is too long for a row, so
// each is a heading with its evidence and what to do below it.
type findingsWriter struct {
	w *bufio.Writer
	o Options
	n int
}

func (f *findingsWriter) write(r *Record) error {
	if f.n++; f.n > 1 {
		f.w.WriteByte('\n')
	}
	place := socketName(r)
	if r.NetNSName != "" {
		place += " in " + r.NetNSName
	}
	severity := paint(fmt.Sprintf("%-6s", r.Finding.Severity), severityInk(r), f.o.Color)
	fmt.Fprintf(f.w, "%s  %s\n", severity, Escape(strings.Join([]string{place, r.Finding.Rule, r.Finding.Title}, "  ")))
	f.paragraph("", r.Finding.Evidence)
	return f.paragraph("do: ", r.Finding.Advice)
}

func (f *findingsWriter) close(*Summary) error { return nil }

// paragraph folds a sentence below the heading.
func (f *findingsWriter) paragraph(label, sentence string) error {
	const margin, usual = 8, 100
	width := max(cmp.Or(f.o.Width, usual)-margin-len(label), 20)
	var err error
	for i, line := range grid.Fold(Escape(sentence), width) {
		if i > 0 {
			label = strings.Repeat(" ", len(label))
		}
		_, err = fmt.Fprintf(f.w, "%*s%s%s\n", margin, "", label, strings.TrimRight(line, " "))
	}
	return err
}

func severityInk(r *Record) ink {
	switch r.Finding.Severity {
	case High:
		return bad
	case Medium:
		return caution
	default:
		return faint
	}
}
