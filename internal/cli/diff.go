package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"porthole/internal/drift"
	"porthole/internal/record"
	"porthole/internal/report"
)

func (c console) diffCommand() *cli.Command {
	flags := commonFlags()
	return &cli.Command{
		Name:      "diff",
		Usage:     "what changed between two lists or two scans",
		ArgsUsage: "OLD NEW",
		Flags:     flags,
		Action:    c.action(console.diff),
		Description: "OLD and NEW are files that list or scan wrote with -o json or -o jsonl. NEW may be - for now: " +
			"OLD's own command line is run again. The exit code is 4 if something changed.",
		UsageText: examples(
			"porthole list -o json=before.json", "save what listens now",
			"porthole diff before.json -", "what has changed since",
			"porthole diff monday.json tuesday.json -o markdown", "two saved files",
		),
	}
}

func (c console) diff(ctx *cli.Context) error {
	o, err := c.outputs(ctx, "diff", record.KindChange)
	if err != nil {
		return err
	}
	if ctx.NArg() != 2 {
		return usagef("diff: want two files, OLD and NEW; write porthole diff before.json after.json, or - as NEW for now")
	}
	old, err := readOld(ctx.Args().Get(0))
	if err != nil {
		return err
	}
	now, err := c.readNew(ctx, old)
	if err != nil {
		return err
	}
	changes, err := drift.Compare(old, now)
	if err != nil {
		return usage(fmt.Errorf("diff: %w", err))
	}
	n := record.DiffCounts{Old: len(old.Records), New: len(now.Records)}
	for _, change := range changes {
		drift.Count(&n, change)
	}
	sum, err := o.write(c.out, func(out *report.Output, sum *record.Summary) error {
		sum.DiffCounts, sum.Complete = &n, old.Complete() && now.Complete()
		return writeAll(out, changes)
	})
	if err != nil {
		return err
	}
	c.sumUpDiff(ctx, n, old, now)
	switch {
	case n.Changes() > 0:
		return errFindings
	case !sum.Complete:
		return errIncomplete
	}
	return nil
}

// readOld reads one of the files of diff.
func readOld(name string) (record.Saved, error) {
	if name == "-" {
		return record.Saved{}, usagef("diff: OLD must be a file; - as NEW stands for now")
	}
	saved, err := readSaved(name)
	if err != nil {
		return saved, fmt.Errorf("diff: %w", err)
	}
	return saved, nil
}

// readSaved reads what an earlier run wrote.
func readSaved(name string) (record.Saved, error) {
	f, err := os.Open(name)
	if err != nil {
		return record.Saved{}, err
	}
	defer f.Close()
	saved, err := report.ReadSaved(f)
	if err != nil {
		return saved, fmt.Errorf("%s: %w", name, err)
	}
	return saved, nil
}

// readNew reads NEW, or makes it.
func (c console) readNew(ctx *cli.Context, old record.Saved) (record.Saved, error) {
	name := ctx.Args().Get(1)
	if name != "-" {
		return readOld(name)
	}
	args, err := c.again(old)
	if err != nil {
		return record.Saved{}, fmt.Errorf("diff: %s: %w", ctx.Args().Get(0), err)
	}
	c.info("now: porthole %s", strings.Join(args, " "))
	return c.runNow(ctx.Context, args)
}

// again is the command line that made old, without the flags that say how it
// was shown: those name files that would be written over.
func (c console) again(old record.Saved) ([]string, error) {
	if old.Args() == nil {
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
		if words := arranged[1+i:]; arg == "--" && len(words) > 1 {
			return append(args, words...), nil
		}
		if arg == "--input=-" {
			return nil, errors.New("its targets came from standard input, which is gone; scan again with --input - and compare the two files")
		}
		if strings.HasPrefix(arg, "--resume=") {
			continue // its file holds the past, not now
		}
		if arg != "--" && !slices.ContainsFunc(commonFlags(), func(f cli.Flag) bool { return strings.HasPrefix(arg, "--"+f.Names()[0]+"=") }) {
			args = append(args, arg)
		}
	}
	return args, nil
}

// runNow runs porthole once more and reads what it says.
func (c console) runNow(ctx context.Context, args []string) (record.Saved, error) {
	var out bytes.Buffer
	inner := c
	inner.args = slices.Concat([]string{"porthole", args[0], "--output=jsonl", "--quiet"}, args[1:])
	inner.in, inner.out = strings.NewReader(""), &out
	if err := inner.run(ctx); err != nil && !errors.Is(err, errIncomplete) {
		return record.Saved{}, err
	}
	return report.ReadSaved(&out)
}

func (c console) sumUpDiff(ctx *cli.Context, n record.DiffCounts, old, now record.Saved) {
	if before, after := old.Args(), now.Args(); before != nil && after != nil && ctx.Args().Get(1) != "-" && !c.sameQuestion(old, now) {
		c.info("the two were asked differently, and what only one was asked for shows as a change: porthole %s; porthole %s",
			strings.Join(before, " "), strings.Join(after, " "))
	}
	for i, s := range []record.Saved{old, now} {
		if !s.Complete() {
			c.info("%s is incomplete: what it lacks may be there all the same", []string{"OLD", "NEW"}[i])
		}
	}
	parts := nonZero(
		count{uint64(n.Opened), "opened"}, count{uint64(n.Closed), "closed"}, count{uint64(n.Owner), "with another owner"},
		count{uint64(n.Exposure), "with another exposure"}, count{uint64(n.State), "in another state"}, count{uint64(n.Service), "with another service"})
	if len(parts) == 0 {
		parts = []string{"no change"}
	}
	what := "socket"
	if old.Command == "scan" {
		what = "verdict"
	}
	c.info("%s; %s before, %d now", strings.Join(parts, ", "), plural(n.Old, what), n.New)
}

// sameQuestion compares two command lines without the flags that say how they
// were shown. One that this version cannot read is another question.
func (c console) sameQuestion(a, b record.Saved) bool {
	first, err1 := c.again(a)
	second, err2 := c.again(b)
	return err1 == nil && err2 == nil && slices.Equal(first, second)
}
