// Package report writes records: as a table or a page for people, as JSON,
// JSONL, CSV, nmap's formats and Prometheus's for programs. It reads its own
// JSON and JSONL back.
//
// [Open] turns the user's --output values into an [Output]; records go in by
// Write, verdicts that are not shown by Count, and Close finishes every format
// whole. [Read] and [ReadSaved] are the way back.
package report

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"porthole/internal/record"
)

// Options says how the records of one command are shown. Args, Start and
// Version stand in the formats that tell of the run.
type Options struct {
	Command string
	Kind    string        // the kind of record the command makes
	Width   int           // columns of the terminal; 0 does not cut
	Color   bool          // for standard output; files get none
	Args    []string      // the command line, the program first
	Start   time.Time     // when the work began; the zero value is the time of Open
	Version string        // of the program
	Live    bool          // records are found one after the other: show each at once where a format can
	Rules   []record.Rule // of an audit
}

// writer writes one format; close ends it well-formed. Both may return a write
// error.
type writer interface {
	write(*record.Record) error
	close(*record.Summary) error
}

// Output is every format that a command writes.
type Output struct {
	sinks  []sink
	groups *groups // nil when no format needs them
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
	if o.Start.IsZero() {
		o.Start = time.Now()
	}
	onStdout := 0
	for _, spec := range specs {
		if err := spec.For(o.Command); err != nil {
			out.discard()
			return nil, err
		}
		if spec.File == "" {
			if onStdout++; onStdout > 1 {
				out.discard()
				return nil, errors.New("output: only one format can go to standard output; give the others a file, as in -o json=scan.json")
			}
		}
		if o.Kind == record.KindPort && spec.Format.grouped() && out.groups == nil {
			out.groups = newGroups()
		}
		s, err := openSink(spec, stdout, o, out.groups)
		if err != nil {
			out.discard()
			return nil, fmt.Errorf("output: %w", err)
		}
		taken := out.writes(s.file)
		out.sinks = append(out.sinks, s)
		if taken {
			out.discard()
			return nil, fmt.Errorf("output: %s is to hold two formats; give each a file of its own", spec.File)
		}
	}
	return out, nil
}

func openSink(spec Spec, stdout io.Writer, o Options, g *groups) (sink, error) {
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
	s.writer = newWriter(spec.Format, s.buf, o, g)
	return s, nil
}

func newWriter(f Format, w *bufio.Writer, o Options, g *groups) writer {
	switch f {
	case FormatJSON:
		return newJSONWriter(w, o)
	case FormatJSONL:
		return newJSONLWriter(w, o)
	case FormatCSV:
		return newCSVWriter(w, o)
	case FormatXML:
		return newXMLWriter(w, o, g)
	case FormatGrep:
		return &grepWriter{w, o, g}
	case FormatHTML:
		return newHTMLWriter(w, o, g)
	case FormatPrometheus:
		return newPromWriter(w)
	case FormatSARIF:
		return &sarifWriter{w: w, o: o}
	case FormatJUnit:
		return &junitWriter{markup: markup{w}, o: o}
	case FormatMarkdown:
		return newMarkdownWriter(w, o)
	case FormatWide:
		return newTableWriter(w, o, inWide)
	default:
		switch o.Kind {
		case record.KindFinding:
			return &findingsWriter{w: w, o: o}
		case record.KindExplanation:
			return &explanationWriter{w: w, o: o}
		}
		return newTableWriter(w, o, inTable)
	}
}

// Write hands r to every format.
func (o *Output) Write(r *record.Record) error {
	if o.groups != nil {
		o.groups.add(r)
	}
	for _, s := range o.sinks {
		if err := s.write(r); err != nil {
			return fmt.Errorf("writing %s: %w", s.name, err)
		}
	}
	return nil
}

// Count takes a verdict of a scan that is not written, for the formats that
// tell of every host asked and of how many ports they leave out. It costs
// nothing where no such format is open.
func (o *Output) Count(v record.Verdict) {
	if o.groups != nil {
		o.groups.count(v)
	}
}

// Close ends every format with the summary and puts the files in their place.
// It does so for all of them even when one fails.
func (o *Output) Close(sum *record.Summary) error {
	var errs []error
	for _, s := range o.sinks {
		if err := s.finish(sum); err != nil {
			errs = append(errs, fmt.Errorf("writing %s: %w", s.name, err))
		}
	}
	return errors.Join(errs...)
}

func (s *sink) finish(sum *record.Summary) error {
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

// writes tells whether a file is one that another format has already.
func (o *Output) writes(f *file) bool {
	return f != nil && f.path != "" && slices.ContainsFunc(o.sinks, func(s sink) bool { return s.file != nil && s.file.path == f.path })
}

// discard drops the files of an output that could not be opened whole.
func (o *Output) discard() {
	for _, s := range o.sinks {
		if s.file != nil {
			s.file.discard()
		}
	}
}
