package cli

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"porthole/internal/hosts"
	"porthole/internal/scanjob"
)

// readTargets reads the targets and excludes. If none are typed, they are those of
// the checkpoint.
func (c console) readTargets(ctx *cli.Context, config *scanjob.Config) error {
	for _, arg := range ctx.Args().Slice() {
		if err := config.Targets.Add(arg); err != nil {
			return usage(fmt.Errorf("scan: %w", err))
		}
	}
	if name := ctx.String("input"); name != "" {
		if err := c.readInput(ctx, name, config); err != nil {
			return fmt.Errorf("input: %w", err)
		}
		if len(config.Refused) > 0 && ctx.Bool("strict") {
			return usage(fmt.Errorf("input: %w", config.Refused[0]))
		}
	}
	if config.Targets.Len() == 0 && len(config.Refused) == 0 && !config.Checkpoint.Resumes() {
		if name := ctx.String("input"); name != "" {
			return usagef("input: %s has no targets; write one a line", name)
		}
		if name := ctx.String("resume"); name != "" && ctx.Bool("dry-run") {
			return usagef("scan: --dry-run does not read the scan in %s; write its targets, or leave out --resume", name)
		} else if name != "" {
			return usagef("scan: no targets, and no file %s with a scan to go on with; write porthole scan HOST --resume %s", name, name)
		}
		return usagef("scan: no targets; write porthole scan HOST, or --input FILE")
	}
	return c.readExcludes(ctx, config)
}

// readExcludes reads what is never asked. A mistake in it stops the scan.
func (c console) readExcludes(ctx *cli.Context, config *scanjob.Config) error {
	config.Exclude.AnyAddress = true
	for _, text := range textsOf(ctx, "exclude") {
		if err := config.Exclude.Add(text); err != nil {
			return usage(fmt.Errorf("exclude: %w", err))
		}
	}
	name := ctx.String("exclude-file")
	if name == "" {
		return nil
	}
	if name == "-" && ctx.String("input") == "-" {
		return usagef("exclude-file: standard input has the targets; give one of the two a file")
	}
	var bad []error
	err := c.readList(ctx.Context, name, &config.Exclude, func(err error) { bad = append(bad, err) })
	if err == nil && len(bad) > 0 {
		for _, more := range bad[1:] {
			printError(c.err, fmt.Errorf("exclude-file: %w", more))
		}
		err = usage(bad[0])
	}
	if err != nil {
		return fmt.Errorf("exclude-file: %w", err)
	}
	return nil
}

// readList reads targets from a file, or from standard input for -.
func (c console) readList(ctx context.Context, name string, to *hosts.Targets, bad func(error)) error {
	r, called, end, err := c.openList(ctx, name)
	if err != nil {
		return err
	}
	defer end()
	return to.Read(r, called, bad)
}
