package live

import (
	"strings"

	"porthole/internal/grid"
)

// Style is what the terminal can show. The words are the same in every style:
// nothing is said by colour alone.
type Style struct {
	Color bool
	ASCII bool // the locale is not UTF-8
}

// The colours, as parameters of SGR (ECMA-48 8.3.117).
const (
	bold    = "1"
	faint   = "2"
	reverse = "7"
	red     = "31"
	green   = "32"
	yellow  = "33"
)

func (s Style) paint(text, sgr string) string {
	if !s.Color || sgr == "" || text == "" {
		return text
	}
	return "\x1b[" + sgr + "m" + text + "\x1b[0m"
}

// plain replaces what the locale cannot show in a text that is already escaped.
func (s Style) plain(text string) string {
	if !s.ASCII {
		return text
	}
	return grid.ASCII(text)
}

// cells is the width of text in columns of the terminal.
func cells(text string) int { return grid.Width(text) }

// cut shortens text to a width. The end of a text that was cut is a mark.
func (s Style) cut(text string, width int) string {
	if cells(text) <= width {
		return text
	}
	if width < 1 {
		return ""
	}
	if s.ASCII {
		return grid.CutASCII(text, width)
	}
	return grid.Cut(text, width)
}

// fit cuts or pads text to exactly width columns.
func (s Style) fit(text string, width int, right bool) string {
	text = s.cut(text, width)
	blank := strings.Repeat(" ", max(0, width-cells(text)))
	if right {
		return blank + text
	}
	return text + blank
}

// bothEnds puts a text at each end of a line. If there is no room for both, it cuts
// the left one.
func (s Style) bothEnds(left, right string, width int) string {
	right = s.cut(right, width)
	return s.fit(left, width-cells(right), false) + right
}
