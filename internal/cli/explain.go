package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"porthole/internal/audit"
	"porthole/internal/explain"
	"porthole/internal/label"
	"porthole/internal/record"
	"porthole/internal/report"
	"porthole/registry"
)

func (c console) explainCommand() *cli.Command {
	flags := append([]cli.Flag{
		&cli.StringFlag{Name: "proto", Usage: "`PROTO` only tcp or udp"},
		&cli.StringFlag{Name: "free", Usage: "`EXPR` the first of these ports that can be bound"},
	}, commonFlags()...)
	return &cli.Command{
		Name:        "explain",
		Usage:       "who is on a port here, or what a new server would meet",
		ArgsUsage:   "PORT",
		Flags:       flags,
		Action:      c.action(console.explain),
		Description: "A PORT is a number or a service's name. A port is tried by binding it for a moment; nothing else is changed.",
		UsageText: examples(
			"porthole explain 8080", "who is on it, since when, and who can reach it",
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
	services, err := c.services()
	if err != nil {
		return err
	}
	asked, err := readAsked(ctx, services)
	if err != nil {
		return err
	}
	var answers []record.Record
	if ctx.IsSet("free") {
		answers, err = c.firstFree(ctx.Context, services, asked)
	} else {
		var warnings []error
		answers, warnings, err = c.explanations(ctx.Context, services, asked)
		for _, w := range warnings {
			if c.verbose {
				printError(c.err, w)
			}
		}
	}
	if err != nil {
		return err
	}
	_, err = o.write(c.out, func(out *report.Output, _ *record.Summary) error { return writeAll(out, answers) })
	return err
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
	case free && !ctx.IsSet("proto"):
		protos, expr = protos[:1], ctx.String("free")
	case free:
		expr = ctx.String("free")
	case ctx.NArg() != 1:
		return asked, usagef("explain: want one port; write porthole explain 8080, or --free 8000-8100")
	}
	if asked, err = services.ParsePorts(expr, protos...); err != nil {
		return asked, usage(fmt.Errorf("explain: %w", err))
	}
	if free && len(asked.Protos()) != 1 {
		return asked, usagef("explain: --free is about one protocol; write --proto tcp, or udp")
	}
	for _, proto := range asked.Protos() {
		if proto != "tcp" && proto != "udp" {
			return asked, usagef("explain: %s has no sockets that porthole can list; only TCP and UDP", proto)
		}
		if asked.Len(proto) != 1 && !free {
			return asked, usagef("explain: %q is %d ports; name one, or ask porthole list %s", expr, asked.Len(proto), expr)
		}
		for port := range asked.All(proto) {
			if port == 0 && !free {
				return asked, usagef("explain: port 0 is no port; to bind it asks the kernel for a free one")
			}
		}
	}
	return asked, nil
}

func (c console) firstFree(ctx context.Context, services *registry.Registry, asked registry.Ports) ([]record.Record, error) {
	proto := asked.Protos()[0]
	port, err := explain.FirstFree(ctx, proto, asked.All(proto))
	if err != nil {
		return nil, fmt.Errorf("explain: %s: %w", asked, err)
	}
	r := label.Number(services, proto, port)
	r.Kind = record.KindExplanation
	r.Explanation = &record.Explanation{Bind: &record.Bind{Outcome: record.BindFree}}
	return []record.Record{r}, nil
}

// explanations explains the ports that were asked for. If only one protocol has a
// port in use, the other is left out: it is not what was meant.
func (c console) explanations(ctx context.Context, services *registry.Registry, asked registry.Ports) (answers []record.Record, warnings []error, err error) {
	m, warnings, err := c.readMachine(ctx)
	if err != nil {
		return nil, nil, err
	}
	host := explain.Machine{
		Sockets: m.Sockets, Executables: m.Executables, Ports: m.Ports, NetNS: m.NetNS, Now: time.Now(), Fits: audit.Fits,
		Bind: func(proto string, port uint16) (string, string) { return explain.TryBind(ctx, proto, port) },
	}
	var held []record.Record
	for _, proto := range asked.Protos() {
		for port := range asked.All(proto) {
			r := host.Explain(label.Number(services, proto, port))
			answers = append(answers, r)
			if len(r.Sockets) > 0 {
				held = append(held, r)
			}
		}
	}
	if len(held) > 0 {
		return held, warnings, nil
	}
	return answers, warnings, nil
}
