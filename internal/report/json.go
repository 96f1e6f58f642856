package report

import (
	"bufio"
	"encoding/json"
	"fmt"
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

func encode(w *bufio.Writer, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}
