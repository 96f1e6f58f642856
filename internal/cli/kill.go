package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"porthole/internal/explain"
	"porthole/internal/kill"
	"porthole/internal/killjob"
	"porthole/internal/machine"
	"porthole/internal/report"
)

func (c console) killCommand() *cli.Command {
	flags := append([]cli.Flag{
		&cli.StringFlag{Name: "proto", Usage: "`PROTO` only tcp or udp"},
		&cli.StringFlag{Name: "signal", Aliases: []string{"s"}, Value: killjob.DefaultSignal, Usage: "`SIGNAL` by name or number (default TERM; on Windows KILL)"},
		&cli.DurationFlag{Name: "timeout", Value: 5 * time.Second, Usage: "`D` to wait until the port is free (default 5s)"},
		&cli.BoolFlag{Name: "dry-run", Usage: "say what would end, and send nothing"},
		&cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "do not ask"},
		noBPFFlag(),
	}, messageFlags()...)
	return &cli.Command{
		Name:      "kill",
		Usage:     "end what holds a port here, and wait until it is free",
		ArgsUsage: "PORT|NAME",
		Flags:     flags,
		Action:    c.action(console.kill),
		Description: "A NAME is a program's or else a service's. Only this network namespace counts. " +
			"Exit codes: 0 the port is free now, 1 nobody held it or nothing was sent, 3 somebody still holds it.",
		UsageText: examples(
			"porthole kill 8080", "who is on it and what else ends, and after a yes TERM",
			"porthole kill 8080 --dry-run", "only say what would end",
			"porthole kill 8080 --yes --signal KILL", "for a script; KILL cannot be caught",
		),
	}
}

func (c console) kill(ctx *cli.Context) error {
	sig, err := killjob.ParseSignal(ctx.String("signal"))
	if err != nil {
		return usage(fmt.Errorf("kill: %w", err))
	}
	services, err := c.services()
	if err != nil {
		return err
	}
	if ctx.NArg() != 1 {
		return usagef("kill: want one port or program; write porthole kill 8080")
	}
	protos := []string{"tcp", "udp"}
	if ctx.IsSet("proto") {
		if protos, err = splitWords("proto", ctx.String("proto"), protos...); err != nil {
			return err
		}
	}
	if err := checkProto(ctx, services, ctx.Args().First(), protos); err != nil {
		return err
	}
	job, err := killjob.New(services, ctx.Args().First(), protos...)
	if err != nil {
		return usage(fmt.Errorf("kill: %w", err))
	}
	job.Signal, job.Timeout, job.NoBPF = sig, ctx.Duration("timeout"), noBPF(ctx)
	targets, err := job.Find(ctx.Context)
	if errors.Is(err, killjob.ErrEnded) {
		c.info("%s is free: %v", job.Typed, err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("kill: %w", err)
	}
	if ctx.Bool("dry-run") {
		return describeKill(c.text(c.out), sig, targets)
	}
	if err := c.confirmKill(ctx, sig, targets); err != nil {
		return err
	}
	return c.runKill(ctx.Context, job, targets)
}

// runKill ends the targets, and says whether what was asked for is free.
func (c console) runKill(ctx context.Context, job *killjob.Job, targets []kill.Target) error {
	after, err := job.Run(ctx, targets)
	var held *killjob.HeldError
	switch {
	case errors.As(err, &held):
		printError(c.err, fmt.Errorf("kill: %w", held))
		return errIncomplete
	case err != nil && ctx.Err() == nil:
		return fmt.Errorf("kill: %w", err)
	case err != nil:
		return err
	}
	c.info("%s is free after %s", job.Typed, duration(after))
	return nil
}

// describeKill says who would be signalled and what else would end.
func describeKill(w io.Writer, sig os.Signal, targets []kill.Target) error {
	var b strings.Builder
	for _, t := range targets {
		p := t.Process
		fmt.Fprintf(&b, "%s of %s (%d)", strings.ToUpper(killjob.SignalName(sig)), report.Escape(p.Name), p.PID)
		if p.User != "" {
			fmt.Fprintf(&b, ", user %s", report.Escape(p.User))
		}
		line := func(name, text string) {
			if text != "" {
				fmt.Fprintf(&b, "\n  %-9s %s", name, report.Escape(text))
			}
		}
		line("command", strings.Join(p.Cmdline, " "))
		line("holds", strings.Join(t.Holds, ", "))
		started := duration(time.Since(*p.Started)) + " ago"
		if len(p.Parents) > 0 {
			by := "by"
			if explain.Adopted(p, machine.IsInit) {
				by = "and is now a child of"
			}
			started += fmt.Sprintf(" %s %s (%d)", by, p.Parents[0].Name, p.Parents[0].PID)
		}
		line("started", started)
		line("also", strings.Join(t.Also, ", "))
		line("may end", strings.Join(t.Stops, ", "))
		line("restart", t.Restart)
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// confirmKill asks on the terminal, unless the user has said yes already.
func (c console) confirmKill(ctx *cli.Context, sig os.Signal, targets []kill.Target) error {
	if ctx.Bool("yes") {
		return nil
	}
	in, isFile := c.in.(*os.File)
	if isFile {
		_, isFile = terminal(in)
	}
	if !isFile {
		return usagef("kill: there is no terminal to ask on; write --yes, or --dry-run to see what would end")
	}
	if err := describeKill(c.err, sig, targets); err != nil {
		return err
	}
	fmt.Fprint(c.err, "Send it? [y/N] ")
	answer := make(chan string, 1)
	go func() { // ends with the program, since a terminal cannot be told to stop
		line, err := bufio.NewReader(in).ReadString('\n')
		if err != nil {
			fmt.Fprintln(c.err) // Ctrl-D leaves the cursor behind the question
		}
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case <-ctx.Context.Done():
		fmt.Fprintln(c.err)
		return ctx.Context.Err()
	case word := <-answer:
		if word != "y" && word != "yes" {
			return errors.New("kill: nothing was sent")
		}
		return nil
	}
}
