package report

import (
	"bufio"
	"cmp"
	"strings"

	"porthole/internal/grid"
)

// paragraph writes a text from outside, folded to the width of the terminal. The
// first line begins with one margin, the others with another, which is at least as
// wide.
func paragraph(w *bufio.Writer, o Options, first, others, text string) error {
	const defaultWidth, minWidth = 100, 20
	width := max(cmp.Or(o.Width, defaultWidth)-len(others), minWidth)
	var err error
	margin := first
	for _, line := range grid.Fold(o.plain(text), width) {
		_, err = w.WriteString(margin + strings.TrimRight(line, " ") + "\n")
		margin = others
	}
	return err
}
