package verify

import (
	"bytes"
	"strconv"
	"strings"
)

// firstLine is the first line of in without its end, and whether it is whole.
func firstLine(in []byte) (string, bool) {
	line, _, ok := bytes.Cut(in, []byte("\n"))
	return strings.TrimRight(string(line), "\r"), ok
}

// replyOf reads a reply of one or more lines as SMTP and FTP have them (RFC
// 5321 section 4.2.1, RFC 959 section 4.2): "250-text" lines, then "250 text".
func replyOf(in []byte) (code int, text string, v verdict) {
	var lines []string
	for rest := in; ; {
		line, after, ok := bytes.Cut(rest, []byte("\n"))
		if !ok {
			return code, "", partialReply(line, len(lines) > 0)
		}
		rest = after
		s := strings.TrimRight(string(line), "\r")
		n, err := strconv.Atoi(s[:min(3, len(s))])
		numbered := err == nil && n >= 100 && n <= 599 && len(s) >= 3 && (len(s) == 3 || s[3] == ' ' || s[3] == '-')
		switch {
		case !numbered && code == 0, numbered && code != 0 && n != code && len(s) > 3 && s[3] == ' ':
			return 0, "", no
		case !numbered: // FTP lets the lines between be anything
			lines = append(lines, s)
			continue
		}
		code = n
		lines = append(lines, s[min(len(s), 4):])
		if len(s) == 3 || s[3] == ' ' {
			return code, strings.Join(lines, "\n"), yes
		}
	}
}

// partialReply judges a line that is not whole.
func partialReply(line []byte, more bool) verdict {
	if more {
		return partial
	}
	for i := range min(len(line), 3) {
		if line[i] < '0' || line[i] > '9' {
			return no
		}
	}
	if len(line) > 3 && line[3] != ' ' && line[3] != '-' {
		return no
	}
	return partial
}

// wholeReply reports that a reply with its last line came.
func wholeReply(in []byte) bool {
	_, _, v := replyOf(in)
	return v != partial
}

// known is a program by a word of its own in what a server says.
type known struct{ word, product string }

// takeKnown fills in the product whose word stands in text, and the version if
// one stands behind the word. A word in the name of a host does not count.
func takeKnown(s *Service, text, place string, table []known) bool {
	lower := lowerASCII(text)
	for _, k := range table {
		word := lowerASCII(k.word)
		for from := 0; ; {
			i := strings.Index(lower[from:], word)
			if i < 0 {
				break
			}
			begin, end := from+i, from+i+len(word)
			if from = end; inHostName(lower, begin, end) {
				continue
			}
			s.Product, s.Evidence.Product = k.product, place
			s.Version = versionBehind(text[end:])
			return true
		}
	}
	return false
}

// inHostName reports that a word is a part of a name with dots, such as the
// first in "postfix.example.org".
func inHostName(text string, begin, end int) bool {
	if begin > 0 && strings.IndexByte(".@", text[begin-1]) >= 0 {
		return true
	}
	for end < len(text) && (isLetter(text[end]) || text[end] == '-' || text[end] >= '0' && text[end] <= '9') {
		end++
	}
	return end+1 < len(text) && text[end] == '.' && isLetter(text[end+1])
}

// lowerASCII is text in lower case, byte by byte, so that places in it are the
// same as in text.
func lowerASCII(text string) string {
	b := []byte(text)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return string(b)
}

// hasWord reports that word stands in text on its own, in any case.
func hasWord(text, word string) bool {
	for _, w := range strings.FieldsFunc(text, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9')
	}) {
		if strings.EqualFold(w, word) {
			return true
		}
	}
	return false
}

// contains reports that text holds word, in any case.
func contains(text, word string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(word))
}

// isText reports that in could be shown: printing ASCII, UTF-8 and the usual
// ends of lines.
func isText(in []byte) bool {
	for _, c := range in {
		if c < ' ' && c != '\r' && c != '\n' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return len(in) > 0
}

// printable is the part of text that a terminal and a table can show: printing ASCII,
// with a blank for each tab, at most 200 bytes.
func printable(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		switch {
		case c > ' ' && c < 0x7f:
			b.WriteByte(c)
		case c == ' ' || c == '\t':
			b.WriteByte(' ')
		}
		if b.Len() >= 200 {
			break
		}
	}
	return strings.TrimSpace(b.String())
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isDigits(text string) bool {
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return text != ""
}

func isHex(in []byte) bool {
	for _, c := range in {
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f') {
			return false
		}
	}
	return true
}
