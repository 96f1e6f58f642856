package report

import (
	"bufio"
	"strings"
)

// markup writes HTML or XML in pieces. It keeps no error: the buffer does, and tells it
// when it is flushed.
type markup struct{ w *bufio.Writer }

// raw is markup that is written as it stands. A literal is raw by itself; a
// string is only by a conversion, and that is for what is embedded.
type raw string

// put writes a piece with a text in the place of each {}. The text is escaped
// twice, by [Escape] for whoever copies it to a terminal and as markup, so that
// it stays text in an element and in an attribute's value between double
// quotes. A {} belongs nowhere else.
func (m markup) put(piece raw, texts ...string) {
	for _, text := range texts {
		before, after, _ := strings.Cut(string(piece), "{}")
		m.w.WriteString(before)
		m.text(text)
		piece = raw(after)
	}
	m.w.WriteString(string(piece))
}

// putIf is put for a text that may be missing: then nothing is written.
func (m markup) putIf(piece raw, text string) {
	if text != "" {
		m.put(piece, text)
	}
}

func (m markup) text(s string) {
	s = Escape(s)
	for {
		at := strings.IndexAny(s, `&<>"'`)
		if at < 0 {
			m.w.WriteString(s)
			return
		}
		m.w.WriteString(s[:at])
		m.w.WriteString(entity(s[at]))
		s = s[at+1:]
	}
}

func entity(c byte) string {
	switch c {
	case '&':
		return "&amp;"
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	case '"':
		return "&#34;"
	default:
		return "&#39;"
	}
}
