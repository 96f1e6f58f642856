// Package grid fits text to the columns of a terminal: it measures, cuts and folds
// text, and lays out cells in columns.
//
// A text may have colours, that is, sequences from ESC [ to m (SGR, ECMA-48 section
// 8.3.117). All other control characters must be escaped before.
package grid

import (
	"strings"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"
	"github.com/mattn/go-runewidth"
)

// ellipsis marks where a text was cut.
const ellipsis = "…"

const escape = '\x1b'

// Width is the number of columns that a text takes. Colours take none.
func Width(s string) int {
	width := 0
	for i := 0; i < len(s); {
		switch b := s[i]; {
		case b == escape:
			i += sequence(s[i:])
		case b < utf8.RuneSelf:
			width++
			i++
		default:
			r, n := utf8.DecodeRuneInString(s[i:])
			width += runeWidth(r)
			i += n
		}
	}
	return width
}

// sequence is the length in bytes of the colour sequence at the start of s.
func sequence(s string) int {
	if end := strings.IndexByte(s, 'm'); end >= 0 {
		return end + 1
	}
	return len(s)
}

// runeWidth is 0, 1 or 2 columns. Lines and blocks (U+2500 to U+259F) take one in
// every locale, as drawings need it, and so does each half of a flag (U+1F1E6 to
// U+1F1FF).
func runeWidth(r rune) int {
	if r < utf8.RuneSelf || r >= 0x2500 && r <= 0x259f || r >= 0x1f1e6 && r <= 0x1f1ff {
		return 1
	}
	// go-runewidth is asked for the locale alone: before it tells the first width it
	// makes a table of 2 MB, which takes longer than the list that is printed.
	return displaywidth.Options{EastAsianWidth: runewidth.EastAsianWidth}.Rune(r)
}

// Cut shortens a text that is wider than width columns, and ends it with an
// ellipsis. It keeps the colour sequences of the part that it cuts off, so that no
// colour stays on.
func Cut(s string, width int) string { return cut(s, width, ellipsis) }

// cut is Cut with a mark of one column.
func cut(s string, width int, mark string) string {
	if Width(s) <= width {
		return s
	}
	left := width - 1
	if left <= 0 {
		return mark
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		n := 0
		if s[i] == escape {
			n = sequence(s[i:])
			b.WriteString(s[i : i+n])
		} else {
			var r rune
			r, n = utf8.DecodeRuneInString(s[i:])
			if left -= runeWidth(r); left >= 0 {
				b.WriteString(s[i : i+n])
			}
		}
		i += n
	}
	return b.String() + mark
}
