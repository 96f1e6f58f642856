package cli

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/urfave/cli/v2"

	"porthole/internal/explain"
	"porthole/internal/inspect"
	"porthole/internal/record"
	"porthole/internal/report"
	"porthole/internal/scanjob"
	"porthole/registry"
)

func (c console) explainCommand() *cli.Command {
	flags := append([]cli.Flag{
		&cli.StringFlag{Name: "proto", Usage: "`PROTO` only tcp or udp"},
		&cli.StringFlag{Name: "netns", Usage: "`WHICH` self (default), all, or the name of a network namespace"},
		verifyFlag("ask what answers on it; =all asks devices, too"),
		expiryFlag(),
		&cli.StringFlag{Name: "free", Usage: "`EXPR` the first of these ports that can be bound"},
		noBPFFlag(),
	}, commonFlags("explain")...)
	return &cli.Command{
		Name:        "explain",
		Usage:       "who is on a port here, or what a new server would meet",
		ArgsUsage:   "PORT",
		Flags:       flags,
		Action:      c.action(console.explain),
		Description: "A PORT is a number or a service's name. A port is tried by binding it for a moment; nothing else is changed.",
		UsageText: examples(
			"porthole 8080", "the same as porthole explain 8080: who is on it,",
			"porthole explain 8080 -v", "and all that is known, in sentences",
			"porthole explain https -o json", "the same facts for a program",
			"porthole explain --free 8000-8100", "the first port that a server can have",
		),
	}
}

func (c console) explain(ctx *cli.Context) error {
	o, err := c.outputs(ctx, "explain", record.KindExplanation)
	if err != nil {
		return err
	}
	o.options.Verbose = c.verbose
	services, err := c.services()
	if err != nil {
		return err
	}
	asked, err := readAsked(ctx, services)
	if err != nil {
		return err
	}
	how, err := readVerify(ctx)
	if err != nil {
		return err
	}
	var answers []record.Record
	whole := true
	if ctx.IsSet("free") {
		var first record.Record
		if first, err = inspect.FirstFree(ctx.Context, services, asked); err != nil {
			err = fmt.Errorf("explain: %w%s", err, holderHint(err))
		}
		answers = []record.Record{first}
	} else {
		var warnings []error
		answers, warnings, err = c.explanations(ctx, services, asked, how)
		c.missing(warnings)
		whole = complete(warnings)
	}
	if err != nil {
		return err
	}
	_, err = o.write(c.out, func(out *report.Output, sum *record.Summary) error {
		sum.Complete = whole
		return writeAll(out, answers)
	})
	if err != nil {
		return writeError(err, verdict(false, whole))
	}
	return verdict(false, whole)
}

// holderHint tells how to find out who has the one port that was to be free.
func holderHint(err error) string {
	none, ok := errors.AsType[*explain.NoneFreeError](err)
	if !ok || none.Tried != 1 || none.InUse != 1 {
		return ""
	}
	return fmt.Sprintf("; porthole %d says who has it", none.Last)
}

// readAsked reads the port, or with --free the ports to choose from.
func readAsked(ctx *cli.Context, services *registry.Registry) (asked registry.Ports, err error) {
	protos := []string{"tcp", "udp"}
	if ctx.IsSet("proto") {
		if protos, err = splitWords("proto", ctx.String("proto"), protos...); err != nil {
			return asked, err
		}
	}
	free, expr := ctx.IsSet("free"), ctx.Args().First()
	switch {
	case free && ctx.Args().Present():
		return asked, usagef("explain: --free chooses a port, and %q is one; give one of the two", expr)
	case free && (ctx.IsSet("verify") || ctx.IsSet("netns")):
		return asked, usagef("explain: --free looks for a port that nothing is on, here; leave out --verify and --netns")
	case free && !ctx.IsSet("proto"):
		protos, expr = protos[:1], ctx.String("free")
	case free:
		expr = ctx.String("free")
	case ctx.NArg() != 1:
		return asked, usagef("explain: want one port; write porthole explain 8080, or --free 8000-8100")
	}
	if err := checkProto(ctx, services, expr, protos); err != nil {
		return asked, err
	}
	if free {
		asked, err = inspect.ParseChoice(services, expr, protos...)
	} else {
		asked, err = inspect.ParsePort(services, expr, protos...)
	}
	if !free && isProgram(services, expr, err) {
		return asked, usagef("explain: no service has the name %q; porthole list %s shows what programs of that name hold", expr, expr)
	}
	if host, port, splitErr := net.SplitHostPort(expr); err != nil && splitErr == nil && len(host) > 1 && isPort(port) {
		return asked, usagef("explain: it is about this machine alone; write porthole explain %s, or porthole scan %s to ask a host", port, expr)
	}
	if err != nil {
		return asked, usage(fmt.Errorf("explain: %w", err))
	}
	return asked, nil
}

// isProgram reports that what ParsePort refused may be the name of a program: it is no
// mistyped service, and not written like a port with its protocol or host.
func isProgram(services *registry.Registry, expr string, err error) bool {
	refused, ok := errors.AsType[*registry.PortError](err)
	return ok && refused.Kind == "unknown service" && services.Suggest(expr) == "" && !strings.ContainsAny(expr, "/:")
}

// explanations explains the ports that were asked for, in this network namespace, or
// in those of --netns.
func (c console) explanations(ctx *cli.Context, services *registry.Registry, asked registry.Ports, how *scanjob.Verify) (answers []record.Record, warnings []error, err error) {
	m, warnings, err := inspect.Read(ctx.Context, services, inspect.How{NoBPF: noBPF(ctx)})
	if err != nil {
		return nil, nil, err
	}
	if err := c.verifyPorts(ctx.Context, how, m.Sockets, asked); err != nil {
		return nil, nil, err
	}
	answers, err = m.Explain(ctx.Context, services, asked, ctx.String("netns"))
	if err != nil {
		err = usage(fmt.Errorf("explain: %w", err))
	}
	return answers, warnings, err
}
