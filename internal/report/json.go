package report

import (
	"bufio"
	"fmt"

	"porthole/internal/record"
)

// schemaName names the shape of the JSON output. A minor version adds fields, and may
// have another name for a count; it reads what the minor versions before it wrote.
const (
	schemaName    = schemaPrefix + schemaVersion + ".1"
	schemaPrefix  = "porthole/"
	schemaVersion = "1"
)

// jsonWriter writes one object, with a record per line so that it can be read and
// compared by eye. Records are written as they arrive; close makes it well-formed.
type jsonWriter struct {
	w       *bufio.Writer
	text    jsonText
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
	j.text.line(r)
	return j.text.writeTo(j.w)
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
	j.text.summary(s)
	if err := j.text.writeTo(j.w); err != nil {
		return err
	}
	_, err := j.w.WriteString("}\n")
	return err
}

// jsonlWriter writes a record per line. While records are being found it flushes
// each, so that a reader at the other end of a pipe sees it at once.
type jsonlWriter struct {
	w    *bufio.Writer
	text jsonText
	live bool
}

func newJSONLWriter(w *bufio.Writer, o Options) *jsonlWriter {
	return &jsonlWriter{w: w, live: o.Live}
}

func (j *jsonlWriter) write(r *record.Record) error {
	j.text.line(r)
	return j.endLine()
}

func (j *jsonlWriter) event(e *record.Event) error {
	j.text.event(e)
	return j.endLine()
}

func (j *jsonlWriter) close(s *record.Summary) error {
	j.text.summary(s)
	return j.endLine()
}

func (j *jsonlWriter) endLine() error {
	if err := j.text.writeTo(j.w); err != nil {
		return err
	}
	if err := j.w.WriteByte('\n'); err != nil || !j.live {
		return err
	}
	return j.w.Flush()
}

// line writes a record with the fields of its kind. A host has no port.
func (j *jsonText) line(r *record.Record) {
	if r.Kind != record.KindHost || r.Life == nil {
		j.record(r)
		return
	}
	j.open()
	for _, f := range []struct{ name, text string }{{"kind", r.Kind}, {"host", r.Host}, {"rdns", r.RDNS}, {"addr", r.Addr}} {
		if f.text != "" {
			j.name(f.name)
			j.string(f.text)
		}
	}
	j.lifeFields(r.Life)
	if r.At != nil {
		j.name("at")
		j.time(*r.At)
	}
	j.close()
}
