package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"porthole/internal/hosts"
	"porthole/internal/record"
)

// againFlags are the flags with which the command of a file is run again: they say what
// is looked for, and how gently. Others name files, look up names, or say how the result
// was shown.
func againFlags(command string) []string {
	switch command {
	case "scan":
		return []string{
			"ports", "top", "udp", "exclude", "exclude-ports", "4", "6", "show", "verify",
			"discover", "concurrency", "rate", "timeout", "host-timeout", "retries", "seed", "shard",
		}
	case "list":
		return []string{"all", "port", "pid", "user", "process", "proto", "exposure", "privileged", "netns", "tcp", "udp", "4", "6", "state", "remote", "no-process", "source", "no-bpf"}
	}
	return nil
}

// argsAgain is the command line that made old, arranged with the command first, and
// reduced to againFlags.
func (c console) argsAgain(old record.Saved) ([]string, error) {
	if len(old.Args()) == 0 {
		return nil, fmt.Errorf("the file does not tell how it was made; make NEW by hand, as in porthole %s ... -o json=new.json, and compare the two", old.Command)
	}
	arranged, err := arrange(c.app(), append([]string{"porthole"}, old.Args()...))
	if err != nil {
		return nil, fmt.Errorf("its command line cannot be run again: %w", err)
	}
	if len(arranged) < 2 {
		return nil, errors.New("its command line has no command")
	}
	if arranged[1] != old.Command {
		return nil, fmt.Errorf("it holds a %s, but its command line is that of %q", old.Command, arranged[1])
	}
	args := []string{old.Command}
	for i, arg := range arranged[2:] {
		name, value, _ := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
		switch {
		case arg == "--" && len(arranged) > i+3:
			return append(args, arranged[i+2:]...), nil
		case arg == "--":
		case name == "input" || name == "exclude-file":
			return nil, fmt.Errorf("a part of what it asks came from the file %s, and files that it names are not read; scan again with --%s, and compare the two files", value, name)
		case arg == "--help=true" || arg == "--dry-run=true":
			return nil, fmt.Errorf("its command line finds nothing: porthole %s", strings.Join(arranged[1:], " "))
		case len(name) == 1 && slices.Contains(againFlags(old.Command), name):
			args = append(args, "-"+name) // as it is typed: -6
		case slices.Contains(againFlags(old.Command), name):
			args = append(args, arg)
		}
	}
	return args, nil
}

// namesIn returns the names of hosts that arguments of a scan would look up.
func namesIn(args []string) (names []string) {
	words := false
	for _, arg := range args[1:] {
		text, excluded := strings.CutPrefix(arg, "--exclude=")
		switch {
		case arg == "--" && !words:
			words = true
			continue
		case !words && !excluded:
			continue
		}
		targets, _ := hosts.Parse(text) // what is wrong is told when it is run
		for _, name := range targets.Names() {
			if name != "localhost" {
				names = append(names, name)
			}
		}
	}
	return names
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
	cmd := c.app().Command(args[0])
	if cmd == nil { // help is none
		return now, fmt.Errorf("%q finds nothing to compare", args[0])
	}
	cmd.Action = func(ctx *cli.Context) error {
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
	err = runCommand(ctx, cmd, args[1:])
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
	snap, err := l.Lister.List(ctx.Context)
	if err != nil {
		return record.Saved{}, err
	}
	var found record.List
	sum := &record.Summary{Kind: "summary", Command: "list", Complete: snap.Complete(), ListCounts: &record.ListCounts{MayMatch: l.Unjudged(snap)}}
	_, err = l.Write(l.Shown(snap), &found, sum.ListCounts)
	return record.Saved{Command: "list", Records: found, Summary: sum}, err
}
