package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"porthole/internal/drift"
	"porthole/internal/record"
	"porthole/internal/report"
	"porthole/internal/savedfile"
	"porthole/internal/sentence"
)

func (c console) diffCommand() *cli.Command {
	flags := append([]cli.Flag{
		&cli.BoolFlag{Name: "trust", Usage: "look up names that OLD has, whoever wrote it"},
		noBPFFlag(),
	}, commonFlags("diff")...)
	return &cli.Command{
		Name:      "diff",
		Usage:     "what changed between two lists or two scans",
		ArgsUsage: "OLD NEW",
		Flags:     flags,
		Action:    c.action(console.diff),
		Description: "OLD and NEW are files that list or scan wrote with -o json or -o jsonl, or nmap's XML. NEW may be - for now: " +
			"OLD's own question is asked again. The exit code is 4 if something changed.",
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
	services, err := c.services()
	if err != nil {
		return err
	}
	d := savedfile.NewDifference(services)
	defer d.Close()
	if ctx.Args().Get(0) == "-" {
		return usagef("diff: OLD must be a file; - as NEW stands for now")
	}
	if name := ctx.Args().Get(1); name != "-" {
		err = d.Read(ctx.Context, ctx.Args().Get(0), name)
	} else if err = d.ReadOld(ctx.Context, ctx.Args().Get(0)); err == nil {
		err = c.repeat(ctx, d)
	}
	if err != nil {
		return fmt.Errorf("diff: %w", err)
	}
	if err := drift.Comparable(d.Old.Command, d.New.Command); err != nil {
		return usage(fmt.Errorf("diff: %w", err))
	}
	n := record.DiffCounts{Old: d.Old.Records, New: d.New.Records}
	old, now := d.Old.Saved(), d.New.Saved()
	sum, err := o.write(c.out, func(out *report.Output, sum *record.Summary) error {
		sum.DiffCounts, sum.Complete = &n, old.Complete() && now.Complete()
		return d.Changes(ctx.Context, func(change *record.Record) error {
			n.Count(*change)
			return out.Write(change)
		})
	})
	if err != nil {
		return writeError(err, verdict(n.Changes() > 0, old.Complete() && now.Complete()))
	}
	c.sumUpDiff(ctx, n, old, now)
	return verdict(n.Changes() > 0, sum.Complete)
}

// repeat makes NEW by running the command line that is in OLD. If another user may have
// written OLD, it says so in any case, and looks up no names.
func (c console) repeat(ctx *cli.Context, d *savedfile.Difference) error {
	name := ctx.Args().Get(0)
	args, err := c.argsAgain(d.Old.Saved())
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if flag := "--no-bpf=true"; args[0] == "list" && noBPF(ctx) && !slices.Contains(args, flag) {
		args = slices.Insert(args, 1, flag)
	}
	trusted := ctx.Bool("trust") || d.Old.File.Own()
	if names := namesIn(args); !trusted && names != nil {
		return fmt.Errorf("%s is not a file of yours alone, and to run porthole %s would look up %s; say --trust if you want that",
			name, strings.Join(args, " "), sentence.Join(slices.Compact(names), "and"))
	}
	c.quiet = c.quiet && trusted
	c.info("now: porthole %s", strings.Join(args, " "))
	now, err := c.runAgain(ctx.Context, args)
	if err != nil {
		return err
	}
	return d.TakeNew(now)
}

func (c console) sumUpDiff(ctx *cli.Context, n record.DiffCounts, old, now record.Saved) {
	if before, after := old.Args(), now.Args(); before != nil && after != nil && ctx.Args().Get(1) != "-" && !c.sameArgs(old, now) {
		c.info("the two were asked differently; what only one of them asked shows as a change: porthole %s; porthole %s",
			strings.Join(before, " "), strings.Join(after, " "))
	}
	for i, s := range []record.Saved{old, now} {
		if !s.Complete() {
			c.info("%s is incomplete: what it lacks may be there all the same", []string{"OLD", "NEW"}[i])
		}
	}
	parts := nonZero(
		count{uint64(n.Opened), "opened"}, count{uint64(n.Closed), "closed"}, count{uint64(n.Owner), "with another owner"},
		count{uint64(n.Exposure), "with another exposure"}, count{uint64(n.Reach), "with others let through"}, count{uint64(n.State), "in another state"}, count{uint64(n.Service), "with another service"},
		count{uint64(n.Version), "with another version"}, count{uint64(n.Certificate), "with another certificate"})
	if len(parts) == 0 {
		parts = []string{"no change"}
	}
	what := "socket"
	if old.Command == "scan" {
		what = "verdict"
	}
	c.info("%s; %s before, %d now", strings.Join(parts, ", "), plural(n.Old, what), n.New)
}
