package report

import (
	"bufio"
	"strings"
)

// markup writes HTML or XML in pieces. It keeps no error: the buffer does, and
// returns it when it is flushed.
type markup struct{ w *bufio.Writer }

// raw is markup that is written unchanged. A constant is raw by itself. A string
// needs a conversion, which is for embedded files only.
type raw string

// put writes a piece of markup, with a text in place of each {}. The text is
// escaped twice: by [Escape], for a reader who copies it to a terminal, and as
// markup. So a {} may stand for the text of an element, or for an attribute's
// value between double quotes, and nothing else.
func (m markup) put(piece raw, texts ...string) {
	for _, text := range texts {
		before, after, _ := strings.Cut(string(piece), "{}")
		m.w.WriteString(before)
		m.text(text)
		piece = raw(after)
	}
	m.w.WriteString(string(piece))
}

// putIf is put for one text, and writes nothing if that is "".
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
