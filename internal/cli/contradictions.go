package cli

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"porthole/internal/listing"
	"porthole/internal/report"
	"porthole/registry"
	"porthole/sockets"
)

// Flags that cannot both have what they ask for are refused by their names, before any
// work: an empty answer, or one without what a flag asked for, would look like a finding.

// checkFilters refuses filters that no socket can pass together.
func checkFilters(ctx *cli.Context, protos, states []string) error {
	name := ctx.Command.Name
	if tcp, udp := ctx.Bool("tcp"), ctx.Bool("udp"); protos != nil && tcp != udp {
		flag := "udp"
		if tcp {
			flag = "tcp"
		}
		if !slices.ContainsFunc(protos, func(proto string) bool { return strings.HasPrefix(proto, flag) }) {
			return usagef("%s: --proto %s leaves out what --%s asks for; give one of the two", name, ctx.String("proto"), flag)
		}
	}
	if ctx.IsSet("remote") && states != nil && !slices.ContainsFunc(states, hasPeer) {
		return usagef("%s: sockets in state %s have no peer; leave out --remote or --state", name, strings.Join(states, " or "))
	}
	if ctx.String("source") == sockets.SourceGopsutil.String() {
		switch {
		case ctx.IsSet("netns") && ctx.String("netns") == "all":
			return usagef("%s: --source gopsutil sees this network namespace alone; leave out --netns all", name)
		case strings.Contains(ctx.String("exposure"), listing.Firewalled):
			return usagef("%s: --source gopsutil does not read the rules of the firewall; leave it out, or --exposure %s", name, listing.Firewalled)
		}
	}
	return nil
}

// hasPeer reports whether a socket in a state can have a peer.
func hasPeer(state string) bool {
	return state != sockets.StateListen.String() && state != sockets.StateBound.String() && state != sockets.StateBoundInactive.String()
}

// checkCount refuses what --count has no place for.
func checkCount(ctx *cli.Context) error {
	for _, name := range []string{"output", "tree", "columns", "sort", "verify"} {
		if ctx.IsSet(name) {
			return usagef("list: --count prints a number alone; leave --%s out", name)
		}
	}
	return nil
}

// checkProto refuses ports of a protocol that --proto leaves out, as in U:53 --proto tcp.
// What is wrong with them otherwise is told where they are read.
func checkProto(ctx *cli.Context, services *registry.Registry, expr string, protos []string) error {
	ports, err := services.ParsePorts(expr, protos...)
	leftOut := func(proto string) bool { return !slices.Contains(protos, proto) }
	if !ctx.IsSet("proto") || err != nil || !slices.ContainsFunc(ports.Protos(), leftOut) {
		return nil
	}
	return usagef("%s: --proto %s leaves out what %s asks for; give one of the two", ctx.Command.Name, ctx.String("proto"), expr)
}

// checkDiscoverOnly refuses what is about ports where none but those of discovery are
// asked. What nmap's users add to -sn stays: --open.
func checkDiscoverOnly(ctx *cli.Context, specs []report.Spec) error {
	isHostPort := func(s report.Spec) bool { return s.Format == report.FormatHostPort }
	switch {
	case ctx.String("verify") != "":
		return usagef("scan: --verify is about open ports, and --discover only looks for none; give one of the two")
	case ctx.IsSet("show") && ctx.String("show") != "open":
		return usagef("scan: --show is about the states of ports, and --discover only looks for none; -v names the addresses that are down")
	case slices.ContainsFunc(specs, isHostPort):
		return usagef("scan: -o hostport is about open ports, and --discover only looks for none; -o csv has the addresses")
	}
	return nil
}
