// Package grid fits text to the columns of a terminal: how wide it is, where
// it is cut or folded, and how cells stand below each other.
//
// A text may be coloured, with the sequences from ESC [ to m that set
// attributes (SGR, ECMA-48 section 8.3.117). Anything else that a terminal
// would obey must be escaped before.
package grid

import (
	"strings"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
)

// ellipsis stands where a text was cut.
const ellipsis = "…"

const escape = '\x1b'

// Width is how many columns a text takes, its colours aside.
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

// sequence is the length in bytes of the colour sequence that s begins with.
func sequence(s string) int {
	if end := strings.IndexByte(s, 'm'); end >= 0 {
		return end + 1
	}
	return len(s)
}

// runeWidth is 0, 1 or 2 columns. Lines and blocks (U+2500 to U+259F) take one
// in every locale, for the drawings they are made for need that.
func runeWidth(r rune) int {
	if r < utf8.RuneSelf || r >= 0x2500 && r <= 0x259f {
		return 1
	}
	return runewidth.RuneWidth(r)
}

// Cut shortens a text that is wider than so many columns, and ends it with an
// [ellipsis]. Of what it cuts off it keeps the colours, so that none stays on.
func Cut(s string, width int) string {
	if Width(s) <= width {
		return s
	}
	left := width - Width(ellipsis)
	if left <= 0 {
		return ellipsis
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
	return b.String() + ellipsis
}
