package grid

import (
	"fmt"
	"strings"
)

// ASCII is a text for a locale that is not UTF-8. What trees and tables are drawn with
// becomes something like it; all else that is not ASCII becomes an escape. Colours
// stay.
func ASCII(text string) string {
	if isASCII(text) {
		return text
	}
	text = strings.NewReplacer("├─", "|-", "└─", "`-", "│", "|", "…", "...", "×", "x", "µ", "u").Replace(text)
	var b strings.Builder
	for _, r := range text {
		switch {
		case r < 0x80:
			b.WriteRune(r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	return b.String()
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}

// asciiMark marks where a text in ASCII was cut.
const asciiMark = "~"

// CutASCII is Cut for a text in ASCII, which stays ASCII.
func CutASCII(s string, width int) string { return cut(s, width, asciiMark) }
