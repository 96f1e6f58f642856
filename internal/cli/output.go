package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"time"

	"github.com/urfave/cli/v2"

	"porthole/internal/privilege"
	"porthole/internal/record"
	"porthole/internal/report"
	"porthole/internal/userfile"
	"porthole/internal/version"
)

// outputs is where the records of a command go, and in which formats.
type outputs struct {
	ctx       context.Context // of the command: it ends the wait for a pipe
	keeping   *atomic.Bool    // set while there are results to be written
	limit     func(privilege.Need)
	needsRoot bool // the work is done while the outputs are open, and may need root
	specs     []report.Spec
	options   report.Options
}

// outputs reads --output and --color for the records of a command, which are of
// one kind. It opens nothing: the work begins when all flags are read.
func (c console) outputs(ctx *cli.Context, command, kind string) (o outputs, err error) {
	o.limit = c.limit
	o.ctx, o.keeping = ctx.Context, cmp.Or(c.keeping, new(atomic.Bool))
	o.options = report.Options{Command: command, Kind: kind, Args: c.args, Start: time.Now(), Version: version.Text(), Width: width(c.out), ASCII: !c.utf8()}
	if o.options.Color, err = c.colorOn(ctx); err != nil {
		return o, err
	}
	values := textsOf(ctx, "output")
	if len(values) == 0 {
		values = []string{string(report.FormatTable)}
	}
	for _, v := range values {
		spec, err := report.ParseSpec(v)
		if err == nil {
			err = spec.For(command)
		}
		if err == nil {
			err = spec.Beside(o.specs)
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
		live := s.Format == report.FormatJSONL || s.Format == report.FormatJSON || s.Format == report.FormatCSV || s.Format == report.FormatHostPort
		return live && s.File == ""
	})
}

// write opens the outputs, lets fill write the records and fill in the summary,
// and closes the outputs with that summary, also after an error: then it is not
// complete. It returns no summary if an output could not be opened or closed.
func (o outputs) write(stdout io.Writer, fill func(*report.Output, *record.Summary) error) (*record.Summary, error) {
	out, err := report.Open(o.ctx, o.specs, userfile.Writer(o.ctx, stdout), o.options)
	if err != nil {
		return nil, err
	}
	o.keeping.Store(true)
	defer o.keeping.Store(false)
	if !o.needsRoot {
		o.limit(needOf(out))
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

// needOf says which of root's capabilities it takes to complete the outputs.
func needOf(out *report.Output) privilege.Need {
	if out.Foreign() {
		return privilege.Files
	}
	return privilege.None
}

// limit gives up capabilities, where the program itself runs and not a test of it.
func (c console) limit(to privilege.Need) {
	if c.giveUp == nil {
		return
	}
	if err := c.giveUp(to); err != nil && c.verbose {
		printError(c.err, fmt.Errorf("root's capabilities are kept: %w", err))
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
