package report

import (
	"bufio"
	"cmp"
	"fmt"
	"strings"

	"porthole/internal/grid"
	"porthole/internal/record"
)

// explanationWriter writes explanations as text for people: a card, the tree of
// processes, and if asked for all sentences.
type explanationWriter struct {
	w *bufio.Writer
	o Options
	n int
}

func (e *explanationWriter) write(r *record.Record) error {
	if e.n++; e.n > 1 {
		e.w.WriteByte('\n')
	}
	x := r.Explanation
	if len(x.Card) == 0 { // explain --free: a script wants the number only
		_, err := fmt.Fprintln(e.w, r.Port)
		return err
	}
	e.head(r)
	var err error
	for _, row := range x.Card {
		err = e.row(row)
	}
	if len(x.Tree) > 0 {
		e.w.WriteByte('\n')
	}
	for _, line := range x.Tree {
		_, err = e.w.WriteString("  " + e.cut(e.o.plain(line), e.o.Width-len("  ")) + "\n")
	}
	if e.o.Verbose {
		err = e.sentences(x)
	}
	return err
}

// head is the first line: the port, what it is, where, and on the right the answer.
func (e *explanationWriter) head(r *record.Record) {
	const usual = 80
	left := fmt.Sprintf("%s %d", r.Proto, r.Port)
	if service := serviceText(r); service != "" {
		left += "  " + e.o.plain(service)
	}
	if r.NetNSName != "" {
		left += "  in " + e.o.plain(r.NetNSName)
	}
	gap := min(cmp.Or(e.o.Width, usual), usual) - grid.Width(left) - grid.Width(r.Explanation.Status)
	e.w.WriteString(paint(left, styleHeader, e.o.Color) + strings.Repeat(" ", max(gap, 2)) + r.Explanation.Status + "\n")
}

// row writes the lines of a row beside its label.
func (e *explanationWriter) row(row record.CardRow) error {
	const margin = 12
	first := fmt.Sprintf("  %-*s", margin-2, row.Label)
	others := strings.Repeat(" ", margin)
	var err error
	for _, line := range row.Lines {
		err = paragraph(e.w, e.o, first, others, line)
		first = others
	}
	return err
}

func (e *explanationWriter) sentences(x *record.Explanation) error {
	_, err := e.w.WriteString("\n")
	for _, s := range x.Says {
		err = paragraph(e.w, e.o, "  ", "    ", s)
	}
	if x.Bind != nil {
		for _, s := range x.Bind.Meets {
			err = paragraph(e.w, e.o, "  ", "    ", s)
		}
	}
	return err
}

// cut cuts a line to a width; 0 or less means no limit.
func (e *explanationWriter) cut(line string, width int) string {
	if width <= 0 {
		return line
	}
	return e.o.cut(line, width)
}

func (e *explanationWriter) close(*record.Summary) error { return nil }
