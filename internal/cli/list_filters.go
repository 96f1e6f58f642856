package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"porthole/internal/hosts"
	"porthole/internal/listing"
	"porthole/internal/machine"
	"porthole/registry"
	"porthole/sockets"
)

// readFilters turns the flags and queries of listFlags into conditions.
func readFilters(ctx *cli.Context, services *registry.Registry) (f listing.Filters, err error) {
	if f, err = readHolderFilters(ctx); err != nil {
		return nil, err
	}
	if ctx.IsSet("port") {
		ports, err := services.ParsePorts(ctx.String("port"))
		if err != nil {
			return nil, usage(err)
		}
		f = append(f, func(s sockets.Socket) bool { return ports.Contains(s.Proto, s.Local.Port()) })
	}
	var protos, states []string
	if ctx.IsSet("proto") {
		if protos, err = splitWords("proto", ctx.String("proto"), listProtos()...); err != nil {
			return nil, err
		}
		f = append(f, func(s sockets.Socket) bool { return slices.Contains(protos, s.Proto) })
	}
	if ctx.Bool("tcp") || ctx.Bool("udp") {
		tcp, udp := ctx.Bool("tcp"), ctx.Bool("udp")
		f = append(f, func(s sockets.Socket) bool { return tcp && s.Proto == "tcp" || udp && s.Proto != "tcp" })
	}
	if v4, v6 := ctx.Bool("4"), ctx.Bool("6"); v4 != v6 {
		f = append(f, func(s sockets.Socket) bool { return s.Local.Addr().Is4() == v4 })
	}
	if ctx.IsSet("state") {
		if states, err = splitWords("state", stateWords(ctx.String("state")), socketStates()...); err != nil {
			return nil, err
		}
		f = append(f, func(s sockets.Socket) bool { return slices.Contains(states, s.State.String()) })
	}
	if ctx.IsSet("remote") {
		network, err := hosts.ParseNetwork(ctx.String("remote"))
		if err != nil {
			return nil, usage(fmt.Errorf("remote: %w", err))
		}
		f = append(f, func(s sockets.Socket) bool {
			return s.Remote.IsValid() && network.Contains(s.Remote.Addr().Unmap().WithZone(""))
		})
	}
	if err := checkFilters(ctx, protos, states); err != nil {
		return nil, err
	}
	if ctx.Bool("privileged") {
		f = append(f, func(s sockets.Socket) bool { return s.Privileged })
	}
	if ctx.Args().Present() {
		match, err := listing.AnyQuery(ctx.Args().Slice(), services)
		if err = cmp.Or(ssFilter(ctx.Args().Slice()), err); err != nil {
			return nil, usage(fmt.Errorf("%s: %w", ctx.Command.Name, err))
		}
		f = append(f, match)
	}
	return f, nil
}

// readHolderFilters reads the conditions about processes and users.
func readHolderFilters(ctx *cli.Context) (f listing.Filters, err error) {
	if ctx.Bool("no-process") {
		for _, name := range []string{"pid", "process"} {
			if ctx.IsSet(name) {
				return nil, usagef("%s: --%s needs the processes that --no-process leaves out", ctx.Command.Name, name)
			}
		}
	}
	for _, name := range []string{"user", "process"} {
		if ctx.IsSet(name) && ctx.String(name) == "" {
			return nil, usagef("%s: --%s is empty, which is the name of nobody", ctx.Command.Name, name)
		}
	}
	if ctx.IsSet("pid") {
		pid := ctx.Int("pid")
		f = append(f, listing.AnyHolder(func(p sockets.Process) bool { return p.PID == pid }))
	}
	if ctx.IsSet("user") {
		f = append(f, listing.OfUser(ctx.String("user")))
	}
	if ctx.IsSet("process") {
		f = append(f, listing.OfProcess(ctx.String("process")))
	}
	return f, nil
}

// listing is what listFlags and the queries ask for.
func (c console) listing(ctx *cli.Context) (l listing.Listing, err error) {
	if l.Registry, err = c.services(); err != nil {
		return l, err
	}
	if l.Keep, err = readFilters(ctx, l.Registry); err != nil {
		return l, err
	}
	if l.Exposed, err = readExposed(ctx); err != nil {
		return l, err
	}
	l.NetNS = machine.NetNS()
	l.Lister = sockets.Lister{All: ctx.Bool("all") || ctx.IsSet("state") || ctx.IsSet("remote"), NoProcess: ctx.Bool("no-process"), NoBPF: noBPF(ctx), Firewalls: sockets.FirewallsRules}
	if l.Lister.NetNS, err = readScope(ctx); err == nil {
		l.Lister.Source, err = readSource(ctx)
	}
	return l, err
}

// readScope reads --netns.
func readScope(ctx *cli.Context) (sockets.Scope, error) {
	which := ctx.String("netns")
	if which == "self" {
		return sockets.ScopeSelf, nil
	}
	return sockets.ScopeAll, checkWord("netns", which, scopes()...)
}

// stateWords is a list of states in our words, also if it is in those of ss or netstat:
// LISTENING, ESTAB, TIME_WAIT, FIN_WAIT1.
func stateWords(typed string) string {
	words := strings.Split(strings.ReplaceAll(strings.ToLower(typed), "_", "-"), ",")
	for i, w := range words {
		words[i] = cmp.Or(map[string]string{
			"listening": "listen", "estab": "established", "unconn": "bound", "fin-wait1": "fin-wait-1", "fin-wait2": "fin-wait-2",
		}[strings.TrimSpace(w)], w)
	}
	return strings.Join(words, ",")
}

// socketStates are the states that a socket can be in, by name.
func socketStates() (names []string) {
	for s := sockets.StateListen; s.String() != sockets.StateUnknown.String(); s++ {
		names = append(names, s.String())
	}
	return names
}

// readExposed reads --exposure.
func readExposed(ctx *cli.Context) (listing.Exposures, error) {
	if !ctx.IsSet("exposure") {
		return nil, nil
	}
	return splitWords("exposure", ctx.String("exposure"), exposures()...)
}
