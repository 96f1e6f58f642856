package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf16"

	"porthole/internal/record"
)

// schemaName names the shape of the JSON output. Fields are only ever added.
const schemaName = "porthole/1"

// jsonWriter writes one object, a record a line so that it can be read and
// compared by eye. Records go out as they arrive; close makes it well-formed.
type jsonWriter struct {
	w       *bufio.Writer
	enc     encoder
	command string
	n       int
}

func newJSONWriter(w *bufio.Writer, o Options) *jsonWriter {
	return &jsonWriter{w: w, command: o.Command}
}

func (j *jsonWriter) write(r *record.Record) error {
	if err := j.open(); err != nil {
		return err
	}
	if j.n++; j.n > 1 {
		j.w.WriteByte(',')
	}
	j.w.WriteByte('\n')
	return j.enc.encode(j.w, r)
}

func (j *jsonWriter) open() error {
	if j.n > 0 {
		return nil
	}
	_, err := fmt.Fprintf(j.w, `{"schema":%q,"command":%q,"records":[`, schemaName, j.command)
	return err
}

func (j *jsonWriter) close(s *record.Summary) error {
	if err := j.open(); err != nil {
		return err
	}
	j.w.WriteString("\n],\"summary\":")
	if err := j.enc.encode(j.w, s); err != nil {
		return err
	}
	_, err := j.w.WriteString("}\n")
	return err
}

// jsonlWriter writes a record a line. While records are being found it flushes
// each, so that a reader at the other end of a pipe sees it at once.
type jsonlWriter struct {
	w    *bufio.Writer
	enc  encoder
	live bool
}

func newJSONLWriter(w *bufio.Writer, o Options) *jsonlWriter {
	return &jsonlWriter{w: w, live: o.Live}
}

func (j *jsonlWriter) write(r *record.Record) error  { return j.line(r) }
func (j *jsonlWriter) close(s *record.Summary) error { return j.line(s) }

func (j *jsonlWriter) line(v any) error {
	if err := j.enc.encode(j.w, v); err != nil {
		return err
	}
	if err := j.w.WriteByte('\n'); err != nil || !j.live {
		return err
	}
	return j.w.Flush()
}

// encoder turns records into JSON, one after the other in the same memory.
// Those of scans, lists and look-ups are most of what is written, and are
// appended field by field; encoding/json writes the rest.
type encoder struct {
	text  jsonText
	other bytes.Buffer
}

// encode writes v, a record or a summary, as JSON on one line. Characters that
// would act on a terminal are written as \u escapes: a reader of the JSON gets
// them whole, a person who prints it is not fooled.
func (e *encoder) encode(w *bufio.Writer, v any) error {
	e.text.b, e.text.err = e.text.b[:0], nil
	switch v := v.(type) {
	case *record.Record:
		if !recordAppendable(v) {
			return e.reflected(w, v)
		}
		e.text.record(v)
	case *record.Summary:
		if !summaryAppendable(v) {
			return e.reflected(w, v)
		}
		e.text.summary(v)
	default:
		return e.reflected(w, v)
	}
	if e.text.err != nil {
		return e.text.err
	}
	_, err := w.Write(e.text.b)
	return err
}

// reflected writes any value, with the same escapes.
func (e *encoder) reflected(w *bufio.Writer, v any) error {
	e.other.Reset()
	enc := json.NewEncoder(&e.other)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	text := bytes.TrimSuffix(e.other.Bytes(), []byte("\n"))
	if !bytes.ContainsFunc(text[beyondASCII(text):], hostile) {
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

// beyondASCII is where the first byte stands that may need an escape: JSON has
// escaped the control characters but DEL. Most records have none.
func beyondASCII(text []byte) int {
	for i, c := range text {
		if c >= 0x7f {
			return i
		}
	}
	return len(text)
}
