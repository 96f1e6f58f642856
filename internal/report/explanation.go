package report

import (
	"bufio"
	"fmt"

	"porthole/internal/record"
)

// explanationWriter writes explanations as text for people.
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
	if len(x.Says) == 0 { // explain --free: a script wants the number only
		_, err := fmt.Fprintln(e.w, r.Port)
		return err
	}
	e.w.WriteString(paint(fmt.Sprintf("%s port %d", r.Proto, r.Port), styleHeader, e.o.Color) + "\n")
	var sentences []string
	sentences = append(sentences, x.Says...)
	if x.Bind != nil {
		sentences = append(sentences, x.Bind.Meets...)
	}
	var err error
	for _, s := range sentences {
		err = paragraph(e.w, e.o, "  ", "    ", s)
	}
	if len(x.Tree) > 0 {
		e.w.WriteByte('\n')
	}
	for _, line := range x.Tree {
		_, err = e.w.WriteString("  " + Escape(line) + "\n")
	}
	return err
}

func (e *explanationWriter) close(*record.Summary) error { return nil }
