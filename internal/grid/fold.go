package grid

import "strings"

// Fold breaks a text without colours into lines of at most width columns, which is
// at least 2: between words if possible. A text that fits is returned unchanged.
func Fold(s string, width int) []string {
	if Width(s) <= width {
		return []string{s}
	}
	var lines []string
	line, used := "", 0
	for word := range strings.FieldsSeq(s) {
		w := Width(word)
		if line != "" && used+1+w <= width {
			line, used = line+" "+word, used+1+w
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		for w > width {
			head := prefix(word, width)
			lines, word = append(lines, head), word[len(head):]
			w -= Width(head)
		}
		line, used = word, w
	}
	return append(lines, line)
}

// prefix is the part of s that fits, and at least one character.
func prefix(s string, width int) string {
	for i, r := range s {
		if width -= runeWidth(r); width < 0 && i > 0 {
			return s[:i]
		}
	}
	return s
}
