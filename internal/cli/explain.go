package cli

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"porthole/internal/audit"
	"porthole/internal/explain"
	"porthole/internal/label"
	"porthole/internal/machine"
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
		answers, err = c.firstFree(ctx.Context, services, asked)
	} else {
		var warnings []error
		answers, warnings, err = c.explanations(ctx.Context, services, asked, ctx.String("netns"), how)
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
	if err == nil && !whole {
		return errIncomplete
	}
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

// explanations explains the ports that were asked for, in this network namespace, or
// in those of --netns. If only one protocol has a port in use, the other is left out:
// it is not what was meant.
func (c console) explanations(ctx context.Context, services *registry.Registry, asked registry.Ports, netns string, how *scanjob.Verify) (answers []record.Record, warnings []error, err error) {
	m, warnings, err := c.readMachine(ctx)
	if err != nil {
		return nil, nil, err
	}
	if err := c.verifyPorts(ctx, how, m.Sockets, asked); err != nil {
		return nil, nil, err
	}
	var used []record.Record
	for _, proto := range asked.Protos() {
		for port := range asked.All(proto) {
			host := explainer(ctx, m, proto, port)
			places, err := choosePlaces(host.Places(proto, port), netns)
			if err != nil {
				return nil, warnings, err
			}
			own := host.Waits(proto, port)
			host.EachPlace = netns == "all" || netns == "" && !own
			for i, in := range places {
				r := host.Explain(label.Number(services, proto, port), in)
				if len(r.Sockets) > 0 || r.Connections > 0 {
					used = append(used, r)
					answers = append(answers, r)
				} else if i == 0 {
					answers = append(answers, r)
				}
				if own && netns == "" {
					break // the others are only mentioned
				}
			}
		}
	}
	if len(used) > 0 {
		return withOwn(used, answers), warnings, nil
	}
	return answers, warnings, nil
}

// withOwn puts the answers about this network namespace before those that are about
// others only: that it is free here is the first thing to say.
func withOwn(used, answers []record.Record) (out []record.Record) {
	for _, a := range answers {
		for _, u := range used {
			if u.Proto == a.Proto {
				out = append(out, a)
				break
			}
		}
	}
	return out
}

// choosePlaces keeps the network namespaces that --netns asks for. Without it the
// caller's own is enough where the port is in use there.
func choosePlaces(places []explain.Place, which string) ([]explain.Place, error) {
	switch which {
	case "", "all":
		return places, nil
	case "self":
		return places[:1], nil
	}
	var names []string
	for _, p := range places[1:] {
		if p.Name == which {
			return []explain.Place{p}, nil
		}
		names = append(names, p.Name)
	}
	if len(names) == 0 {
		return nil, usagef("explain: no network namespace %q in which the port is in use; it is in use in no other than this", which)
	}
	return nil, usagef("explain: no network namespace %q in which the port is in use; there are self, %s", which, list(names, "and"))
}

// explainer is what is known of the machine, for one port.
func explainer(ctx context.Context, m inspection, proto string, port uint16) explain.Machine {
	of := m.Machine
	of.Sockets = nil
	for _, r := range m.Sockets {
		if r.Proto == proto && r.Port == port {
			of.Sockets = append(of.Sockets, r)
		}
	}
	return explain.Machine{
		Sockets: m.Sockets, Executables: m.Executables, Ports: m.Ports, NetNS: m.NetNS, Findings: of.Audit(), Now: time.Now(),
		IsInit: machine.IsInit, Fits: audit.Fits, Outside: m.judge.Outside,
		Bind: func(proto string, port uint16, waitedOn bool) *record.Bind {
			b := explain.TryBind(ctx, proto, port, waitedOn, someAddrs())
			return &b
		},
	}
}

// someAddrs are single addresses to try: those of loopback, and another one of each
// family if there is one.
func someAddrs() []netip.Addr {
	out := []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.AddrFrom4([4]byte{127, 0, 0, 2}), netip.IPv6Loopback()}
	addrs, _ := ownAddrs() // without them there is less to try
	for _, v4 := range []bool{true, false} {
		i := slices.IndexFunc(addrs, func(a netip.Addr) bool { return a.Is4() == v4 && !a.IsLoopback() && !a.IsLinkLocalUnicast() })
		if i >= 0 {
			out = append(out, addrs[i])
		}
	}
	return out
}
