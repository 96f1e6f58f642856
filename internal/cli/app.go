// Package cli is porthole's command line: flags, commands, messages and exit
// codes. A command reads its flags, lets another package do the work, hands the
// records to report, and prints a summary.
//
// Each command has a file of its name, and further files that begin with it. What
// commands share is in flags.go, output.go, text.go, terminal.go and exit.go.
package cli

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"

	"github.com/urfave/cli/v2"

	"porthole/internal/privilege"
	"porthole/internal/version"
	"porthole/registry"
)

// Main runs the program and returns its exit code. The first SIGINT, SIGTERM or SIGHUP
// ends the work and keeps what was found; a second one ends the program.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx := notify()
	signal.Ignore(syscall.SIGPIPE) // so that files are completed if the reader of standard output leaves

	c := console{args: append([]string{"porthole"}, args[1:]...), in: stdin, out: stdout, err: stderr, getenv: os.Getenv, keeping: new(atomic.Bool), giveUp: privilege.Limit}
	c.err = c.text(stderr)
	err := enoughFiles()
	if err == nil {
		err = finish(ctx, c.keeping, func() error { return c.run(ctx) })
	}
	code, unprinted := exitCode(err)
	if unprinted {
		printError(c.err, err)
	}
	return code
}

// console is what a command has of the outside.
type console struct {
	args   []string
	in     io.Reader
	out    io.Writer
	err    io.Writer
	getenv func(string) string

	quiet, verbose bool // of the command that runs

	giveUp   func(privilege.Need) error // capabilities; nil keeps them
	keeping  *atomic.Bool               // there are results to be written: a signal waits for that
	resolver *net.Resolver              // for reverse look-ups; nil is the system's
}

func (c console) run(ctx context.Context) error {
	app := c.app()
	args, err := arrange(app, c.args)
	if err != nil {
		return err
	}
	if asksForHelp(args) { // making it takes longer than most look-ups
		describeAll(app)
	} else if len(args) > 1 {
		if cmd := app.Command(args[1]); cmd != nil {
			return runCommand(ctx, cmd, args[2:])
		}
	}
	help := &helpWriter{to: c.out}
	app.Writer = help
	return cmp.Or(app.RunContext(ctx, args), help.err)
}

// helpWriter keeps the error of a write, which urfave/cli drops.
type helpWriter struct {
	to  io.Writer
	err error
}

func (w *helpWriter) Write(text []byte) (int, error) {
	n, err := w.to.Write(text)
	w.err = cmp.Or(w.err, err)
	return n, err
}

// runCommand runs a command with arranged arguments. App.RunContext would do the same
// after it has prepared the help of all commands, and asked for each flag by comparing
// its name with all others: a tenth of what an idle list takes.
func runCommand(ctx context.Context, cmd *cli.Command, args []string) error {
	set := flag.NewFlagSet(cmd.Name, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	for _, f := range append(cmd.Flags, cli.HelpFlag) {
		if err := f.Apply(set); err != nil {
			return err
		}
	}
	if err := set.Parse(args); err != nil {
		return usage(fmt.Errorf("%s: %w", cmd.Name, err))
	}
	c := cli.NewContext(nil, set, &cli.Context{Context: ctx})
	c.Command.Name = cmd.Name // without its flags, through which IsSet would go
	return cmd.Action(c)
}

// action makes what runs a command, with the flags that all commands have.
func (c console) action(run func(console, *cli.Context) error) cli.ActionFunc {
	return func(ctx *cli.Context) error {
		c.quiet, c.verbose = ctx.Bool("quiet"), ctx.Bool("verbose")
		return run(c, ctx)
	}
}

// app is the program with all its commands.
func (c console) app() *cli.App {
	return &cli.App{
		Name:        "porthole",
		Usage:       "which ports does a host answer on, and who holds them here",
		ErrWriter:   c.err,
		HideVersion: true, // its -v is ours for --verbose
		Flags:       []cli.Flag{&cli.BoolFlag{Name: "version", Usage: "print the version"}},
		Commands: []*cli.Command{
			c.scanCommand(), c.mergeCommand(), c.listCommand(), c.lookupCommand(), c.watchCommand(),
			c.explainCommand(), c.killCommand(), c.waitCommand(), c.diffCommand(), c.auditCommand(), c.mcpCommand(), c.completionCommand(), c.completeCommand(),
		},
		ExitErrHandler: func(*cli.Context, error) {},
		Action: func(ctx *cli.Context) error {
			if ctx.Bool("version") {
				_, err := fmt.Fprintln(c.out, "porthole", version.Text())
				return err
			}
			describeAll(ctx.App)
			return cli.ShowAppHelp(ctx)
		},
	}
}

// services is the registry with the user's own names.
func (c console) services() (*registry.Registry, error) {
	r := &registry.Registry{}
	if err := r.LoadUser(c.getenv); err != nil {
		return nil, fmt.Errorf("services: %w", err)
	}
	return r, nil
}

// interrupted reports whether a signal ended the work.
func interrupted(err error) bool { return errors.Is(err, context.Canceled) }
