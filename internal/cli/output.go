package cli

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"porthole/internal/record"
	"porthole/internal/report"
)

// commonFlags are the flags of every command.
func commonFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FORMAT[=FILE]` table, wide, json, jsonl, csv, html, markdown; scan: xml, grep; list: prometheus; audit: sarif, junit"},
		&cli.StringFlag{Name: "color", Value: "auto", Usage: "`WHEN` auto (default), always or never"},
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "no summary on standard error"},
		&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "more on standard error"},
	}
}

// outputs is where the records of a command go, and in which formats.
type outputs struct {
	specs   []report.Spec
	options report.Options
}

// outputs reads --output and --color for the records of a command, which are of
// one kind. It opens nothing: mistakes must be found before any work is done.
func (c console) outputs(ctx *cli.Context, command, kind string) (o outputs, err error) {
	o.options = report.Options{Command: command, Kind: kind, Args: c.args, Start: time.Now(), Version: version(), Width: width(c.out)}
	if o.options.Color, err = colorOn(ctx.String("color"), c.out, c.getenv); err != nil {
		return o, usage(err)
	}
	values := ctx.StringSlice("output")
	if len(values) == 0 {
		values = []string{string(report.FormatTable)}
	}
	for _, v := range values {
		spec, err := report.ParseSpec(v)
		if err == nil {
			err = spec.For(command)
		}
		if err != nil {
			return o, usage(err)
		}
		o.specs = append(o.specs, spec)
	}
	return o, nil
}

// live reports whether standard output gets records while they are found.
func (o outputs) live() bool {
	return slices.ContainsFunc(o.specs, func(s report.Spec) bool {
		live := s.Format == report.FormatJSONL || s.Format == report.FormatJSON || s.Format == report.FormatCSV
		return live && s.File == ""
	})
}

// write opens the outputs, lets fill write the records and fill in the summary,
// and closes the outputs with that summary, also after an error: then it is not
// complete. It returns no summary if an output could not be opened or closed.
func (o outputs) write(stdout io.Writer, fill func(*report.Output, *record.Summary) error) (*record.Summary, error) {
	out, err := report.Open(o.specs, stdout, o.options)
	if err != nil {
		return nil, err
	}
	sum := &record.Summary{Kind: "summary", Command: o.options.Command, Complete: true}
	err = fill(out, sum)
	sum.Complete = sum.Complete && err == nil
	if sum.Elapsed == 0 {
		sum.Elapsed = record.Milliseconds(time.Since(o.options.Start))
	}
	cerr := out.Close(sum)
	switch {
	case cerr == nil:
		return sum, err
	case err == nil || interrupted(err):
		return nil, cerr
	default:
		return nil, err
	}
}

// recordWriter takes records; [report.Output] writes them, [record.List] keeps
// them.
type recordWriter interface {
	Write(*record.Record) error
}

func writeAll(out recordWriter, records []record.Record) error {
	for i := range records {
		if err := out.Write(&records[i]); err != nil {
			return err
		}
	}
	return nil
}

// colorOn decides for one stream: the flag, then CLICOLOR_FORCE and NO_COLOR
// (no-color.org), then whether it is a terminal that can.
func colorOn(flag string, w io.Writer, getenv func(string) string) (bool, error) {
	switch flag {
	case "always":
		return true, nil
	case "never":
		return false, nil
	case "auto":
	default:
		return false, fmt.Errorf("color: unknown value %q; write auto, always or never", flag)
	}
	if getenv("NO_COLOR") != "" {
		return false, nil
	}
	if force := getenv("CLICOLOR_FORCE"); force != "" && force != "0" {
		return true, nil
	}
	_, isTerminal := terminal(w)
	return isTerminal && getenv("TERM") != "dumb", nil
}

// width is the number of columns of the terminal behind w; 0 if there is none.
func width(w io.Writer) int {
	fd, ok := terminal(w)
	if !ok {
		return 0
	}
	columns, _, err := term.GetSize(fd)
	if err != nil {
		return 0
	}
	return columns
}

func terminal(w io.Writer) (fd int, ok bool) {
	f, isFile := w.(*os.File)
	if !isFile {
		return 0, false
	}
	fd = int(f.Fd())
	return fd, term.IsTerminal(fd)
}

// info prints a line for the user on standard error unless --quiet.
func (c console) info(format string, args ...any) {
	if !c.quiet {
		fmt.Fprintln(c.err, report.Escape(fmt.Sprintf(format, args...)))
	}
}

// oneOf checks a comma-separated value against the words it may hold.
func oneOf(flag, value string, words ...string) ([]string, error) {
	var out []string
	for item := range strings.SplitSeq(value, ",") {
		item = strings.TrimSpace(item)
		known := false
		for _, w := range words {
			known = known || w == item
		}
		if !known {
			return nil, usagef("%s: unknown value %q; write %s", flag, item, strings.Join(words, ", "))
		}
		out = append(out, item)
	}
	return out, nil
}
