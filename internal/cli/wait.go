package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"porthole/internal/waitjob"
)

// waitFors are what completes; the name of a protocol follows the last.
func waitFors() []string {
	return []string{waitjob.Open, waitjob.Closed, waitjob.Free, waitjob.Verified + "="}
}

func (c console) waitCommand() *cli.Command {
	flags := append([]cli.Flag{
		&cli.StringFlag{Name: "for", Value: waitjob.Open, Usage: "`WHAT` open (default), closed, verified=NAME or, of ports here, free"},
		&cli.DurationFlag{Name: "timeout", Value: 30 * time.Second, Usage: "`D` before it gives up (default 30s)"},
		&cli.DurationFlag{Name: "interval", Value: 500 * time.Millisecond, Usage: "`D` between two attempts on another machine (default 500ms)"},
		&cli.BoolFlag{Name: "any", Usage: "one of them is enough"},
		noBPFFlag(),
	}, messageFlags()...)
	return &cli.Command{
		Name:      "wait",
		Usage:     "wait until TCP ports are open, closed, free or verified",
		ArgsUsage: "PORT|HOST:PORT...",
		Flags:     flags,
		Action:    c.action(console.wait),
		Description: "A PORT (8080, :8080, T:8080 or a service) is one of this machine: the kernel is asked who listens, and nothing connects to it but verified. " +
			"Exit codes: 0 it is so, 3 the time is over.",
		UsageText: examples(
			"porthole wait db.example.com:5432 6379", "until both can be used",
			"porthole wait 8080 --for free && ./server", "until the last server has let go",
			"porthole wait a.example.com:443 b.example.com:443 --any", "until one of them answers",
			"porthole wait 5432 --for verified=postgresql", "until it speaks, not only listens",
		),
	}
}

func (c console) wait(ctx *cli.Context) error {
	services, err := c.services()
	if err != nil {
		return err
	}
	job := waitjob.Job{Any: ctx.Bool("any"), Timeout: ctx.Duration("timeout"), Interval: ctx.Duration("interval"), NoBPF: noBPF(ctx)}
	if job.For, job.Protocol, err = waitjob.ParseFor(ctx.String("for")); err != nil {
		return usage(fmt.Errorf("for: %w", err))
	}
	if !ctx.Args().Present() {
		return usagef("wait: want ports; write porthole wait 8080, or porthole wait HOST:PORT")
	}
	for _, arg := range ctx.Args().Slice() {
		p, err := waitjob.ParsePort(arg, services)
		if err != nil {
			return usage(fmt.Errorf("wait: %w", err))
		}
		if job.For == waitjob.Free && !p.Local() {
			return usagef("wait: whether %s is free cannot be told from here; --for closed asks whether it refuses", arg)
		}
		job.Ports = append(job.Ports, p)
	}
	return c.runWait(ctx.Context, &job)
}

// runWait waits, with what is missing on a terminal meanwhile.
func (c console) runWait(ctx context.Context, job *waitjob.Job) error {
	line := c.statusLine()
	defer line.clear()
	job.Polled = func(missing []*waitjob.Port, after time.Duration) {
		var names []string
		for _, p := range missing {
			names = append(names, p.Typed)
		}
		line.show("waiting for %s: %s of %s", strings.Join(names, ", "), after.Truncate(time.Second), job.Timeout)
	}
	job.Holds = func(p *waitjob.Port, after time.Duration) {
		line.clear()
		c.info("%s is %s after %s (%s)", p.Typed, p.State, duration(after), p.Why)
	}
	done, err := job.Run(ctx)
	if done || err != nil {
		return err
	}
	line.clear()
	for _, p := range job.Missing() {
		seen := cmp.Or(p.Why, "it could not be asked in that time")
		if p.State != "" {
			seen = fmt.Sprintf("%s (%s)", p.State, seen)
		}
		printError(c.err, fmt.Errorf("wait: after %s %s is not %s: %s", duration(job.Timeout), p.Typed, cmp.Or(job.Protocol, job.For), seen))
	}
	return errIncomplete
}
