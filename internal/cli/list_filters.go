package cli

import (
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"porthole/internal/label"
	"porthole/registry"
	"porthole/sockets"
)

// filters are the conditions of a list or watch; a row must meet all of them.
type filters []func(sockets.Socket) bool

func (f filters) match(s sockets.Socket) bool {
	for _, keep := range f {
		if !keep(s) {
			return false
		}
	}
	return true
}

// readFilters turns the flags and queries of listFlags into conditions.
func readFilters(ctx *cli.Context, services *registry.Registry) (f filters, err error) {
	if ctx.Bool("no-process") {
		for _, name := range []string{"pid", "process"} {
			if ctx.IsSet(name) {
				return nil, usagef("%s: --%s needs the processes that --no-process leaves out", ctx.Command.Name, name)
			}
		}
	}
	if ctx.IsSet("port") {
		ports, err := services.ParsePorts(ctx.String("port"))
		if err != nil {
			return nil, usage(err)
		}
		f = append(f, func(s sockets.Socket) bool { return ports.Contains(s.Proto, s.Local.Port()) })
	}
	if ctx.IsSet("pid") {
		pid := ctx.Int("pid")
		f = append(f, anyHolder(func(p sockets.Process) bool { return p.PID == pid }))
	}
	if ctx.IsSet("user") {
		f = append(f, ofUser(ctx.String("user")))
	}
	if ctx.IsSet("process") {
		f = append(f, ofProcess(ctx.String("process")))
	}
	if ctx.IsSet("proto") {
		protos, err := splitWords("proto", ctx.String("proto"), listProtos()...)
		if err != nil {
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
		states, err := splitWords("state", ctx.String("state"), socketStates()...)
		if err != nil {
			return nil, err
		}
		f = append(f, func(s sockets.Socket) bool { return slices.Contains(states, s.State.String()) })
	}
	if ctx.IsSet("remote") {
		network, err := readNetwork(ctx.String("remote"))
		if err != nil {
			return nil, usage(fmt.Errorf("remote: %w", err))
		}
		f = append(f, func(s sockets.Socket) bool {
			return s.Remote.IsValid() && network.Contains(s.Remote.Addr().Unmap().WithZone(""))
		})
	}
	if ctx.Bool("privileged") {
		f = append(f, func(s sockets.Socket) bool { return s.Privileged })
	}
	if ctx.Args().Present() {
		match, err := anyQuery(ctx.Args().Slice(), services)
		if err != nil {
			return nil, usage(fmt.Errorf("%s: %w", ctx.Command.Name, err))
		}
		f = append(f, match)
	}
	return f, nil
}

// listing is what listFlags and the queries ask for.
type listing struct {
	registry *registry.Registry
	keep     filters
	exposed  exposed
	lister   sockets.Lister
}

func (c console) listing(ctx *cli.Context) (l listing, err error) {
	if l.registry, err = c.services(); err != nil {
		return l, err
	}
	if l.keep, err = readFilters(ctx, l.registry); err != nil {
		return l, err
	}
	if l.exposed, err = readExposed(ctx); err != nil {
		return l, err
	}
	l.lister = sockets.Lister{All: ctx.Bool("all") || ctx.IsSet("state") || ctx.IsSet("remote"), NoProcess: ctx.Bool("no-process"), NoBPF: ctx.Bool("no-bpf"), Firewalls: sockets.FirewallsRules}
	if l.lister.NetNS, err = readScope(ctx); err == nil {
		l.lister.Source, err = readSource(ctx)
	}
	return l, err
}

// processes is what the records of one look at the sockets share; nil leaves the
// processes out.
func (l listing) processes() label.Processes {
	if l.lister.NoProcess {
		return nil
	}
	return make(label.Processes)
}

// readScope reads --netns.
func readScope(ctx *cli.Context) (sockets.Scope, error) {
	which := ctx.String("netns")
	if which == "self" {
		return sockets.ScopeSelf, nil
	}
	return sockets.ScopeAll, checkWord("netns", which, scopes()...)
}

// socketStates are the states that a socket can be in, by name.
func socketStates() (names []string) {
	for s := sockets.StateListen; s.String() != sockets.StateUnknown.String(); s++ {
		names = append(names, s.String())
	}
	return names
}

// readNetwork reads an address or a network, which host bits may stand in.
func readNetwork(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	network, err := netip.ParsePrefix(text)
	if err != nil {
		return network, fmt.Errorf("%q is neither an address nor a network; write 192.0.2.0/24", text)
	}
	return network.Masked(), nil
}

// anyQuery matches a row that one of the queries names, by port or by process.
func anyQuery(queries []string, services *registry.Registry) (func(sockets.Socket) bool, error) {
	var wanted registry.Ports
	var names []func(sockets.Socket) bool
	for _, q := range queries {
		ports, err := services.ParsePorts(q)
		switch {
		case err == nil:
			wanted = wanted.Union(ports)
		case meansPorts(q):
			return nil, err
		}
		if !meansPorts(q) {
			names = append(names, ofProcess(q))
		}
	}
	return func(s sockets.Socket) bool {
		return wanted.Contains(s.Proto, s.Local.Port()) ||
			slices.ContainsFunc(names, func(match func(sockets.Socket) bool) bool { return match(s) })
	}, nil
}

// meansPorts reports whether a query can only mean ports, not a process.
func meansPorts(q string) bool {
	return q == "" || strings.ContainsRune("0123456789-", rune(q[0])) || strings.ContainsAny(q, ":,")
}

func anyHolder(match func(sockets.Process) bool) func(sockets.Socket) bool {
	return func(s sockets.Socket) bool { return slices.ContainsFunc(s.Processes, match) }
}

func ofUser(user string) func(sockets.Socket) bool {
	uid, err := strconv.Atoi(user)
	numeric := err == nil
	held := anyHolder(func(p sockets.Process) bool { return p.User == user || numeric && p.UID == uid })
	return func(s sockets.Socket) bool { return numeric && s.UID == uid || held(s) }
}

func ofProcess(name string) func(sockets.Socket) bool {
	name = strings.ToLower(name)
	return anyHolder(func(p sockets.Process) bool {
		have := strings.ToLower(p.Name)
		matched, err := path.Match(name, have)
		return strings.Contains(have, name) || err == nil && matched
	})
}
