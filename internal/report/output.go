package report

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Format is how records are written.
type Format string

const (
	Table Format = "table" // aligned columns for people
	Wide  Format = "wide"  // the same with all that is known
	JSON  Format = "json"  // one object with records and summary
	JSONL Format = "jsonl" // one record a line, as it arrives
	CSV   Format = "csv"   // RFC 4180, every column
)

// Formats lists every format, in the order help shows them.
func Formats() []Format { return []Format{Table, Wide, JSON, JSONL, CSV} }

// Spec is one --output value: a format, and the file it goes to ("" for
// standard output).
type Spec struct {
	Format Format
	File   string
}

// ParseSpec reads FORMAT or FORMAT=FILE.
func ParseSpec(s string) (Spec, error) {
	name, file, toFile := strings.Cut(s, "=")
	for _, f := range Formats() {
		if string(f) != name {
			continue
		}
		if toFile && file == "" {
			return Spec{}, fmt.Errorf("output: %q names no file; write %s=FILE", s, name)
		}
		return Spec{f, file}, nil
	}
	return Spec{}, fmt.Errorf("output: unknown format %q; the formats are %s", name, join(Formats()))
}

func join(formats []Format) string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = string(f)
	}
	return strings.Join(names, ", ")
}

// Options says how the records of one command are shown.
type Options struct {
	Command string
	Kind    string // the kind of record the command makes
	Width   int    // columns of the terminal; 0 does not cut
	Color   bool   // for standard output; files get none
}

// writer writes one format; close ends it well-formed. Both may return a write
// error.
type writer interface {
	write(*Record) error
	close(*Summary) error
}

// Output is every format that a command writes.
type Output struct {
	sinks []sink
}

// sink is one format with the stream it goes to.
type sink struct {
	writer
	name string
	buf  *bufio.Writer
	file *file // nil for standard output
}

// Open prepares an output for each spec. Files are written beside their
// target and renamed by [Output.Close] when whole.
func Open(specs []Spec, stdout io.Writer, o Options) (*Output, error) {
	out := &Output{}
	onStdout := 0
	for _, spec := range specs {
		if spec.File == "" {
			if onStdout++; onStdout > 1 {
				out.discard()
				return nil, errors.New("output: only one format can go to standard output; give the others a file, as in -o json=scan.json")
			}
		}
		s, err := openSink(spec, stdout, o)
		if err != nil {
			out.discard()
			return nil, fmt.Errorf("output: %w", err)
		}
		out.sinks = append(out.sinks, s)
	}
	return out, nil
}

func openSink(spec Spec, stdout io.Writer, o Options) (sink, error) {
	s := sink{name: "standard output"}
	to := stdout
	if spec.File != "" {
		o.Color, o.Width = false, 0
		f, err := create(spec.File)
		if err != nil {
			return s, err
		}
		s.file, s.name, to = f, spec.File, f
	}
	s.buf = bufio.NewWriterSize(to, 1<<16)
	switch spec.Format {
	case JSON:
		s.writer = newJSONWriter(s.buf, o)
	case JSONL:
		s.writer = newJSONLWriter(s.buf)
	case CSV:
		s.writer = newCSVWriter(s.buf, o)
	case Wide:
		s.writer = newTableWriter(s.buf, o, inWide)
	default:
		s.writer = newTableWriter(s.buf, o, inTable)
	}
	return s, nil
}

// Write hands r to every format.
func (o *Output) Write(r *Record) error {
	for _, s := range o.sinks {
		if err := s.write(r); err != nil {
			return fmt.Errorf("writing %s: %w", s.name, err)
		}
	}
	return nil
}

// Close ends every format with the summary and puts the files in their place.
// It does so for all of them even when one fails.
func (o *Output) Close(sum *Summary) error {
	var errs []error
	for _, s := range o.sinks {
		if err := s.finish(sum); err != nil {
			errs = append(errs, fmt.Errorf("writing %s: %w", s.name, err))
		}
	}
	return errors.Join(errs...)
}

func (s *sink) finish(sum *Summary) error {
	err := s.close(sum)
	if err == nil {
		err = s.buf.Flush()
	}
	switch {
	case s.file == nil:
		return err
	case err != nil:
		s.file.discard()
		return err
	default:
		return s.file.publish()
	}
}

// discard drops the files of an output that could not be opened whole.
func (o *Output) discard() {
	for _, s := range o.sinks {
		if s.file != nil {
			s.file.discard()
		}
	}
}
