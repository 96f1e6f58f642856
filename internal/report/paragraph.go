package report

import (
	"bufio"
	"cmp"
	"strings"

	"porthole/internal/grid"
)

// paragraph writes a sentence from outside, folded to the terminal: its first
// line behind one margin, the further ones behind another of that width or more.
func paragraph(w *bufio.Writer, o Options, first, further, sentence string) error {
	const usual, least = 100, 20
	width := max(cmp.Or(o.Width, usual)-len(further), least)
	var err error
	margin := first
	for _, line := range grid.Fold(Escape(sentence), width) {
		_, err = w.WriteString(margin + strings.TrimRight(line, " ") + "\n")
		margin = further
	}
	return err
}
