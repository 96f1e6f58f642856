package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf16"
)

// jsonWriter writes one object, a record a line so that it can be read and
// compared by eye. Records go out as they arrive; close makes it well-formed.
type jsonWriter struct {
	w       *bufio.Writer
	command string
	n       int
}

func newJSONWriter(w *bufio.Writer, o Options) *jsonWriter {
	return &jsonWriter{w: w, command: o.Command}
}

func (j *jsonWriter) write(r *Record) error {
	if err := j.open(); err != nil {
		return err
	}
	if j.n++; j.n > 1 {
		j.w.WriteByte(',')
	}
	j.w.WriteByte('\n')
	return encode(j.w, r)
}

func (j *jsonWriter) open() error {
	if j.n > 0 {
		return nil
	}
	_, err := fmt.Fprintf(j.w, `{"schema":%q,"command":%q,"records":[`, Schema, j.command)
	return err
}

func (j *jsonWriter) close(s *Summary) error {
	if err := j.open(); err != nil {
		return err
	}
	j.w.WriteString("\n],\"summary\":")
	if err := encode(j.w, s); err != nil {
		return err
	}
	_, err := j.w.WriteString("}\n")
	return err
}

// jsonlWriter writes a record a line and flushes each, so that a reader at the
// other end of a pipe sees it at once.
type jsonlWriter struct{ w *bufio.Writer }

func newJSONLWriter(w *bufio.Writer) *jsonlWriter { return &jsonlWriter{w} }

func (j *jsonlWriter) write(r *Record) error  { return j.line(r) }
func (j *jsonlWriter) close(s *Summary) error { return j.line(s) }

func (j *jsonlWriter) line(v any) error {
	if err := encode(j.w, v); err != nil {
		return err
	}
	j.w.WriteByte('\n')
	return j.w.Flush()
}

// encode writes v as JSON on one line. Characters that would act on a terminal
// are written as \u escapes: a reader of the JSON gets them whole, a person
// who prints it is not fooled. Bytes that are no UTF-8 become U+FFFD, for JSON
// has no other form for them.
func encode(w *bufio.Writer, v any) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	text := bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
	if !bytes.ContainsFunc(text, hostile) {
		_, err := w.Write(text)
		return err
	}
	var err error
	for _, r := range string(text) {
		if hostile(r) {
			for _, unit := range utf16.Encode([]rune{r}) {
				_, err = fmt.Fprintf(w, `\u%04x`, unit)
			}
			continue
		}
		_, err = w.WriteRune(r)
	}
	return err
}
