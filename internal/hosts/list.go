package hosts

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"unicode/utf8"

	"porthole/internal/textfile"
)

// toldBadLines is how many bad lines of a file are told one by one.
const toldBadLines = 100

// maxList is the size of a file of targets at most, in bytes.
const maxList = 1 << 30

// Read adds the targets of a file: expressions with commas, blanks or line ends
// between them, and comments from # to the end of a line. A line that is not valid is
// left out as a whole, and passed to bad with the name of the file and its number; of
// many bad lines the last call tells the number of the others. The error is that of
// reading, or tells that the file is no text.
func (l *Targets) Read(r io.Reader, name string, bad func(error)) error {
	text, _, err := textfile.NewReader(textfile.Limit(r, maxList))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := noJSON(text); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	badLines := 0
	for n := 1; ; n++ {
		line, end := textfile.ReadLine(text)
		if end != nil && end != io.EOF {
			return fmt.Errorf("%s: %w", name, end)
		}
		if err := l.addLine(string(line)); err != nil {
			if n == 1 && bytes.IndexByte(line, 0) >= 0 {
				return fmt.Errorf("%s: it is not a text file", name)
			}
			if badLines++; badLines <= toldBadLines {
				bad(fmt.Errorf("%s:%d: %w", name, n, err))
			}
		}
		if end == io.EOF {
			break
		}
	}
	if badLines > toldBadLines {
		bad(fmt.Errorf("%s: %d more lines are bad", name, badLines-toldBadLines))
	}
	return nil
}

// noJSON returns an error for a text that begins as JSON, no line of which is a target.
// An address in brackets is none.
func noJSON(text *bufio.Reader) error {
	const peek = 512            // bytes
	start, _ := text.Peek(peek) // an error is met again
	start = bytes.TrimLeft(start, " \t\r\n")
	first, inArray := bytes.CutPrefix(start, []byte("["))
	if first = bytes.TrimLeft(first, " \t\r\n"); len(first) == 0 {
		return nil
	}
	switch c := first[0]; {
	case c != '{' && (!inArray || c != '"' && c != '['):
		return nil
	case bytes.HasPrefix(start, []byte(`{"schema":"porthole/`)):
		return errors.New("it is JSON of porthole, not a list of targets; write those one a line, such as by jq -r '.records[].addr'")
	case bytes.HasPrefix(start, []byte(`{"kind":"`)):
		return errors.New("it is JSON of porthole, not a list of targets; write those one a line, such as by jq -r '.addr // empty'")
	}
	return errors.New("it is JSON, not a list of targets; write those one a line")
}

var errNotUTF8 = errors.New("not UTF-8, but perhaps Latin-1 or Windows-1252; save the file as UTF-8")

// joinCommas takes the blanks around commas out: "a, b" is one field.
func joinCommas(text string) string {
	parts := strings.Split(text, ",")
	for i, part := range parts {
		parts[i] = strings.TrimSpace(part)
	}
	return strings.TrimSuffix(strings.Join(parts, ","), ",")
}

// addLine adds the targets of a line, or none if one of them is not valid.
func (l *Targets) addLine(line string) error {
	text, _, _ := strings.Cut(strings.TrimPrefix(line, "\ufeff"), "#") // the mark of a file that was appended
	text = strings.TrimSpace(text)
	if a, err := netip.ParseAddr(text); err == nil && a.Is4() && noHost(a) == "" { // most lines of long files
		l.addSingle(a, 0, text)
		return nil
	}
	text = joinCommas(text)
	if !utf8.ValidString(text) {
		return errNotUTF8
	}
	var found []Target
	for field := range strings.FieldsSeq(text) {
		if err := l.parse(field, &found); err != nil {
			return err
		}
	}
	for i := range found {
		l.add(&found[i])
	}
	return nil
}
