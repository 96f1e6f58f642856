package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"porthole/internal/scanjob"
)

// openCheckpoint opens the file of --resume. If it holds a scan, flags that were
// not typed are set as they were for that scan. Without --resume it returns nil.
func openCheckpoint(ctx *cli.Context) (*scanjob.Checkpoint, error) {
	if !ctx.IsSet("resume") {
		return nil, nil
	}
	checkpoint, err := scanjob.OpenCheckpoint(ctx.Context, ctx.String("resume"))
	if err != nil {
		return nil, scanError(err)
	}
	if err := restoreFlags(ctx, checkpoint.Flags()); err != nil {
		checkpoint.Close()
		return nil, fmt.Errorf("resume: %w", err)
	}
	return checkpoint, nil
}

// savedFlags are the flags that a checkpoint has, in groups. If one of a group is
// typed again, a resumed scan takes none of the group from the checkpoint.
func savedFlags() [][]string {
	return [][]string{
		{"ports", "top"}, {"udp"}, {"exclude-ports"}, {"4", "6"}, {"discover"}, {"show"}, {"rdns"}, {"verify"},
		{"source"}, {"interface"}, {"concurrency"}, {"rate"}, {"timeout"}, {"host-timeout"}, {"retries"}, {"expiry"},
	}
}

// typedFlags are those of savedFlags that were typed, with their values.
func typedFlags(ctx *cli.Context) map[string][]string {
	typed := make(map[string][]string)
	for _, group := range savedFlags() {
		for _, name := range group {
			switch {
			case !ctx.IsSet(name):
			default:
				typed[name] = []string{fmt.Sprint(ctx.Value(name))}
			}
		}
	}
	return typed
}

// restoreFlags sets the flags that were not typed as a checkpoint has them.
func restoreFlags(ctx *cli.Context, saved map[string][]string) error {
	var errs []error
	for _, group := range savedFlags() {
		typed := false
		for _, name := range group {
			typed = typed || ctx.IsSet(name)
		}
		for _, name := range group {
			for _, value := range saved[name] {
				if !typed {
					errs = append(errs, ctx.Set(name, value))
				}
			}
		}
	}
	return errors.Join(errs...)
}

// scanError is the error of a scan in the words of its flags.
func scanError(err error) error {
	if config, ok := errors.AsType[*scanjob.ConfigError](err); ok {
		return usage(fmt.Errorf("scan: %w", config))
	}
	if other, ok := errors.AsType[*scanjob.DifferenceError](err); ok {
		return usagef("resume: %s holds another scan; give another file, or leave out what differs: %s", other.Path, strings.Join(other.Differences, "; "))
	}
	if _, ok := errors.AsType[*scanjob.CheckpointError](err); ok {
		return fmt.Errorf("resume: %w", err)
	}
	return withFileLimit(err)
}
