package cli

import (
	"context"
	"errors"
	"fmt"

	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"porthole/internal/record"
)

// argsAgain is the command line that made old, arranged, the command first. The
// flags that say how it was shown are left out: they name files that would be
// overwritten.
func (c console) argsAgain(old record.Saved) ([]string, error) {
	if len(old.Args()) == 0 {
		return nil, fmt.Errorf("the file does not tell how it was made; make NEW by hand, as in porthole %s ... -o json=new.json, and compare the two", old.Command)
	}
	arranged, err := arrange(c.app(), append([]string{"porthole"}, old.Args()...))
	if err != nil {
		return nil, fmt.Errorf("its command line cannot be run again: %w", err)
	}
	if arranged[1] != old.Command {
		return nil, fmt.Errorf("it holds a %s, but its command line is that of %q", old.Command, arranged[1])
	}
	var args []string
	for i, arg := range arranged[1:] {
		words := arranged[1+i:]
		switch {
		case arg == "--" && len(words) > 1:
			return append(args, words...), nil
		case arg == "--input=-":
			return nil, errors.New("its targets came from standard input, which is gone; scan again with --input - and compare the two files")
		case arg == "--help=true" || arg == "--dry-run=true":
			return nil, fmt.Errorf("its command line finds nothing: porthole %s", strings.Join(arranged[1:], " "))
		case arg == "--", strings.HasPrefix(arg, "--resume="): // whose file holds an earlier scan
		case !isOneOf(commonFlags(), arg):
			args = append(args, arg)
		}
	}
	return args, nil
}

// isOneOf reports whether an arranged argument sets one of the flags.
func isOneOf(flags []cli.Flag, arg string) bool {
	return slices.ContainsFunc(flags, func(f cli.Flag) bool { return strings.HasPrefix(arg, "--"+f.Names()[0]+"=") })
}

// sameArgs compares two command lines without the flags that say how they were
// shown. One that this version cannot read is another one.
func (c console) sameArgs(a, b record.Saved) bool {
	first, err1 := c.argsAgain(a)
	second, err2 := c.argsAgain(b)
	return err1 == nil && err2 == nil && slices.Equal(first, second)
}

// runAgain runs a scan or a list by what argsAgain returned, and keeps its
// records.
func (c console) runAgain(ctx context.Context, args []string) (now record.Saved, err error) {
	c.quiet, c.verbose = true, false
	app := c.app()
	app.Command(args[0]).Action = func(ctx *cli.Context) error {
		switch args[0] {
		case "scan":
			now, err = c.scanAgain(ctx)
		case "list":
			now, err = c.listAgain(ctx)
		default: // nothing that diff compares
			now.Command = args[0]
		}
		return err
	}
	err = app.RunContext(ctx, append([]string{"porthole"}, args...))
	if now.Summary != nil {
		now.Summary.Args = args
	}
	return now, err
}

func (c console) scanAgain(ctx *cli.Context) (record.Saved, error) {
	config, err := c.scanConfig(ctx, nil)
	if err != nil {
		return record.Saved{}, err
	}
	return c.scanNow(ctx.Context, config, ctx.String("progress"))
}

func (c console) listAgain(ctx *cli.Context) (record.Saved, error) {
	l, err := c.listing(ctx)
	if err != nil {
		return record.Saved{}, err
	}
	snap, err := l.lister.List(ctx.Context)
	if err != nil {
		return record.Saved{}, err
	}
	var found record.List
	sum := &record.Summary{Kind: "summary", Command: "list", Complete: snap.Complete(), ListCounts: &record.ListCounts{}}
	_, err = writeSockets(snap, l, &found, sum.ListCounts)
	return record.Saved{Command: "list", Records: found, Summary: sum}, err
}
