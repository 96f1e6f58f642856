package cli

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"porthole/internal/label"
	"porthole/internal/record"
	"porthole/internal/report"
	"porthole/registry"
)

func (c console) lookupCommand() *cli.Command {
	return &cli.Command{
		Name:        "lookup",
		Usage:       "what a port number or service name means",
		ArgsUsage:   "QUERY...",
		Flags:       commonFlags("lookup"),
		Action:      c.action(console.lookup),
		Description: "A query is a port expression: 443, https, 'http*', 1433-1434, well-known, common.",
		UsageText: examples(
			"porthole lookup 443", "what runs on 443",
			"porthole lookup 'ldap*'", "every service of that name",
			"porthole lookup common -o csv", "the ports that scan asks by default",
		),
	}
}

func (c console) lookup(ctx *cli.Context) error {
	o, err := c.outputs(ctx, "lookup", record.KindService)
	if err != nil {
		return err
	}
	services, err := c.services()
	if err != nil {
		return err
	}
	if !ctx.Args().Present() {
		return usagef("lookup: no query; write porthole lookup 443, or a name such as https")
	}
	var wanted registry.Ports
	var single []registry.Ports
	for _, q := range ctx.Args().Slice() {
		ports, err := services.ParsePorts(q, "tcp", "udp", "sctp", "dccp")
		if err != nil {
			return usage(fmt.Errorf("lookup: %w", err))
		}
		wanted = wanted.Union(ports)
		single = append(single, ports)
	}
	n := record.LookupCounts{}
	_, err = o.write(c.out, func(out *report.Output, sum *record.Summary) error {
		sum.LookupCounts = &n
		for s := range services.Services(wanted) {
			n.Services++
			if err := out.Write(label.Service(s)); err != nil {
				return err
			}
		}
		for _, ports := range single {
			if err := c.unassigned(services, ports, out); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		c.info("%s", plural(n.Services, "service"))
	}
	return err
}

// unassigned writes the class of a port without a service. It writes nothing for a
// query that found services or that is for several ports.
func (c console) unassigned(services *registry.Registry, ports registry.Ports, out *report.Output) error {
	for range services.Services(ports) {
		return nil
	}
	if ports.Len("tcp") != 1 {
		c.info("nothing is registered in %s", ports)
		return nil
	}
	for port := range ports.All("tcp") {
		r := &record.Record{Kind: record.KindService, Proto: "tcp", Port: port, Class: registry.ClassOf(port).String()}
		if err := out.Write(r); err != nil {
			return err
		}
	}
	return nil
}
