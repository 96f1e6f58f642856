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
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/netip"
	"path/filepath"
	"slices"
	"time"

	"porthole/internal/grid"
	"porthole/internal/record"
	"porthole/internal/userfile"
)

// Options says how the records of one command are shown. Args, Start and Version
// are for the formats that describe the run.
type Options struct {
	Command string
	Kind    string                      // of the records that the command makes
	Width   int                         // of the terminal in columns; 0 means no limit
	Color   bool                        // for standard output; files get none
	ASCII   bool                        // the locale is not UTF-8: tables and text for people do without
	Args    []string                    // the command line, the program first
	Start   time.Time                   // when the work began; the zero value means when Open is called
	Version string                      // of the program
	Live    bool                        // records come one by one: flush each, in the formats that can
	Rules   []record.Rule               // of an audit
	Asked   map[string]iter.Seq[uint16] // of a scan, by protocol: the ports that are asked of every address
	Columns []string                    // the only ones of a table and of CSV, in this order, by name; nil means the usual ones
	Tree    bool                        // tables of sockets: below the processes that hold them, and those that started these
	Verbose bool                        // explanations with all of their sentences
}

// plain makes text from outside safe to show, in a locale that may not be UTF-8.
func (o Options) plain(text string) string {
	text = Escape(text)
	if o.ASCII {
		return grid.ASCII(text)
	}
	return text
}

// cut cuts a plain text to a width.
func (o Options) cut(text string, width int) string {
	if o.ASCII {
		return grid.CutASCII(text, width)
	}
	return grid.Cut(text, width)
}

// writer writes one format. close makes the output well-formed. Both may return a
// write error.
type writer interface {
	write(*record.Record) error
	close(*record.Summary) error
}

// Output writes every format that the user asked for.
type Output struct {
	sinks []sink
	hosts *scanHosts // nil if no format needs it
}

// sink is one format and where it is written to.
type sink struct {
	writer
	name string
	buf  *bufio.Writer
	file *userfile.Output // nil for standard output
}

// Open prepares an output for each spec. [Output.Close] gives the files their
// names when they are complete. To open a pipe may take until ctx ends, whose error
// it returns then.
func Open(ctx context.Context, specs []Spec, stdout io.Writer, o Options) (*Output, error) {
	out := &Output{}
	if o.Start.IsZero() {
		o.Start = time.Now()
	}
	for i, spec := range specs {
		if err := spec.Beside(specs[:i]); err != nil {
			out.discard()
			return nil, err
		}
		if err := out.add(ctx, spec, stdout, o); err != nil {
			out.discard()
			return nil, err
		}
	}
	return out, nil
}

func (o *Output) add(ctx context.Context, spec Spec, stdout io.Writer, opts Options) error {
	if err := spec.For(opts.Command); err != nil {
		return err
	}
	if (opts.Kind == record.KindPort || opts.Kind == record.KindHost) && spec.Format.byHost() && o.hosts == nil {
		o.hosts = newScanHosts(opts.Asked)
	}
	s, err := openSink(ctx, spec, stdout, opts, o.hosts)
	// Where a file has a name from the start, the second of that name is refused.
	twice := errors.Is(err, fs.ErrExist) && slices.ContainsFunc(o.sinks, func(s sink) bool {
		return s.file != nil && filepath.Clean(s.name) == filepath.Clean(spec.File)
	})
	if err != nil && !twice {
		return fmt.Errorf("output: %w", err)
	}
	if err == nil {
		twice = o.writes(s.file)
		o.sinks = append(o.sinks, s)
	}
	if twice {
		return errOneFile(spec.File)
	}
	return nil
}

func openSink(ctx context.Context, spec Spec, stdout io.Writer, o Options, hosts *scanHosts) (sink, error) {
	s := sink{name: "standard output"}
	to := stdout
	if spec.File != "" {
		o.Color, o.Width = false, 0
		f, err := userfile.Create(ctx, spec.File, mode(spec.Format, o.Kind))
		if err != nil {
			return s, err
		}
		s.file, s.name, to = f, spec.File, f
	}
	s.buf = bufio.NewWriterSize(to, 1<<16)
	s.writer = newWriter(spec.Format, s.buf, o, hosts)
	return s, nil
}

// mode is the mode of a new file, less the umask. Command lines are for this user
// alone: they may hold passwords. A collector of Prometheus runs as another user.
func mode(f Format, kind string) fs.FileMode {
	switch kind {
	case record.KindSocket, record.KindChange, record.KindFinding, record.KindExplanation:
		if f != FormatPrometheus {
			return 0o600
		}
	}
	return 0o666
}

func newWriter(f Format, w *bufio.Writer, o Options, hosts *scanHosts) writer {
	switch f {
	case FormatJSON:
		return newJSONWriter(w, o)
	case FormatJSONL:
		return newJSONLWriter(w, o)
	case FormatCSV:
		return newCSVWriter(w, o)
	case FormatXML:
		return newXMLWriter(w, o, hosts)
	case FormatGrep:
		return &grepWriter{w, o, hosts}
	case FormatHTML:
		return newHTMLWriter(w, o, hosts)
	case FormatPrometheus:
		return newPromWriter(w)
	case FormatSARIF:
		return &sarifWriter{w: w, o: o}
	case FormatJUnit:
		return &junitWriter{markup: markup{w}, o: o}
	case FormatHostPort:
		return newHostPortWriter(w, o)
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

// Write gives r to every format.
func (o *Output) Write(r *record.Record) error {
	if o.hosts != nil {
		o.hosts.add(r)
	}
	for _, s := range o.sinks {
		if err := s.write(r); err != nil {
			return fmt.Errorf("writing %s: %w", s.name, err)
		}
	}
	return nil
}

// Count counts a verdict of a scan that is not shown, for the formats that list
// every host and count the ports they leave out. It does nothing if there is no
// such format.
func (o *Output) Count(v record.Verdict) {
	if o.hosts != nil {
		o.hosts.count(v)
	}
}

// Alive takes an address that a scan found alive, before its ports are asked: for the
// formats that list every host, also if the scan ends before. It does nothing if there
// is no such format.
func (o *Output) Alive(host string, addr netip.Addr, by string) {
	if o.hosts != nil {
		o.hosts.alive(host, addr, by)
	}
}

// Close ends every format with the summary and gives the files their names. It
// does so for all of them, even if one fails.
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
		s.file.Discard()
		return err
	default:
		return s.file.Publish()
	}
}

// Foreign reports whether a file takes its place in a folder of another user, or that
// of a file of another user.
func (o *Output) Foreign() bool {
	return slices.ContainsFunc(o.sinks, func(s sink) bool { return s.file != nil && s.file.Foreign() })
}

// writes reports whether another format is written to the same file.
func (o *Output) writes(f *userfile.Output) bool {
	return f != nil && slices.ContainsFunc(o.sinks, func(s sink) bool { return s.file != nil && s.file.Same(f) })
}

// discard removes the files of an output that could not be opened completely.
func (o *Output) discard() {
	for _, s := range o.sinks {
		if s.file != nil {
			s.file.Discard()
		}
	}
}
