package cli

import (
	"fmt"

	"porthole/internal/grid"
	"porthole/internal/report"
)

// statusLine is a line on a terminal that says what a command waits for. Elsewhere
// nothing is shown.
type statusLine struct {
	console
	onTerminal bool
	text       string // what is shown; "" nothing
}

func (c console) statusLine() *statusLine {
	return &statusLine{console: c, onTerminal: !c.quiet && c.canDraw(c.err)}
}

// show replaces the line.
func (l *statusLine) show(format string, args ...any) {
	if !l.onTerminal {
		return
	}
	text := report.Escape(fmt.Sprintf(format, args...))
	cut := grid.Cut
	if !l.utf8() {
		text, cut = grid.ASCII(text), grid.CutASCII
	}
	if columns := width(l.err); columns > 1 {
		text = cut(text, columns-1)
	}
	if l.text = text; l.text != "" {
		fmt.Fprint(l.err, "\r\x1b[K", text)
	}
}

// clear takes the line away, before something else is printed.
func (l *statusLine) clear() {
	if l.text != "" {
		fmt.Fprint(l.err, "\r\x1b[K")
		l.text = ""
	}
}
