package cli

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"porthole/internal/hosts"
	"porthole/internal/scanjob"
	"porthole/scanner"
)

// mostRetries is the most further attempts that a scanner makes.
const mostRetries = 999

// scanConfig reads the flags and arguments of scan. If no targets are typed, they
// are those of the checkpoint.
func (c console) scanConfig(ctx *cli.Context, checkpoint *scanjob.Checkpoint) (config scanjob.Config, err error) {
	if retries := ctx.Int("retries"); retries > mostRetries {
		return config, usagef("scan: --retries: %d is more than %d", retries, mostRetries)
	}
	config = scanjob.Config{
		Discover:     scanjob.Discover(ctx.String("discover")),
		ReverseNames: ctx.Bool("rdns"),
		Checkpoint:   checkpoint,
		Flags:        typedFlags(ctx),
		Scanner: scanner.Scanner{
			Concurrency: ctx.Int("concurrency"),
			Timeout:     ctx.Duration("timeout"),
			HostTimeout: ctx.Duration("host-timeout"),
			Attempts:    1 + max(ctx.Int("retries"), 0),
			Rate:        ctx.Float64("rate"),
		},
	}
	if c.resolver != nil {
		config.Resolver = c.resolver
	}
	if config.Registry, err = c.services(); err != nil {
		return config, err
	}
	if err = readPorts(ctx, &config); err != nil {
		return config, err
	}
	if err = readShow(ctx, &config); err != nil {
		return config, err
	}
	if config.Family, err = readFamily(ctx); err != nil {
		return config, err
	}
	if err = readOrigin(ctx, &config); err != nil {
		return config, err
	}
	if err = c.readTargets(ctx, &config); err != nil {
		return config, err
	}
	if config.Verify, err = readVerify(ctx); err != nil {
		return config, err
	}
	if err = checkWord("discover", ctx.String("discover"), discovers()...); err != nil {
		return config, err
	}
	if ctx.IsSet("seed") {
		config.Seed = new(ctx.Uint64("seed"))
	}
	return config, readShard(ctx, &config)
}

// readShard reads --shard.
func readShard(ctx *cli.Context, config *scanjob.Config) error {
	if !ctx.IsSet("shard") {
		return nil
	}
	text := ctx.String("shard")
	part, of, ok := strings.Cut(text, "/")
	var err1, err2 error
	config.Shard, err1 = strconv.ParseUint(part, 10, 32)
	config.Shards, err2 = strconv.ParseUint(of, 10, 32)
	if !ok || err1 != nil || err2 != nil || config.Shard < 1 || config.Shard > config.Shards {
		return usagef("shard: %q is not a shard; write I/N with I from 1 to N, as in 2/5", text)
	}
	return nil
}

func readPorts(ctx *cli.Context, config *scanjob.Config) (err error) {
	config.PortProto = "tcp"
	if ctx.Bool("udp") {
		config.PortProto = "udp"
	}
	expr := "common"
	switch {
	case ctx.IsSet("ports") && ctx.IsSet("top"):
		return usagef("scan: --ports and --top exclude each other; write --ports top:%d,...", ctx.Int("top"))
	case ctx.IsSet("top"):
		expr = fmt.Sprintf("top:%d", ctx.Int("top"))
	case ctx.IsSet("ports"):
		expr = ctx.String("ports")
	}
	if config.Ports, err = config.Registry.ParsePorts(expr, config.PortProto); err != nil {
		return usage(err)
	}
	if ctx.IsSet("exclude-ports") {
		if config.ExcludePorts, err = config.Registry.ParsePorts(ctx.String("exclude-ports"), "tcp", "udp"); err != nil {
			return usage(fmt.Errorf("exclude-ports: %w", err))
		}
	}
	return nil
}

func readShow(ctx *cli.Context, config *scanjob.Config) error {
	if !ctx.IsSet("show") {
		config.Show = []scanner.State{scanner.StateOpen, scanner.StateOpenFiltered}
		return nil
	}
	words, err := splitWords("show", ctx.String("show"), showStates()...)
	if err != nil {
		return err
	}
	for _, word := range words {
		if word == "all" {
			config.ShowAll = true
			continue
		}
		var state scanner.State
		if err := state.UnmarshalText([]byte(word)); err != nil {
			return fmt.Errorf("show: %w", err)
		}
		config.Show = append(config.Show, state)
	}
	return nil
}

func readFamily(ctx *cli.Context) (hosts.Family, error) {
	switch v4, v6 := ctx.Bool("4"), ctx.Bool("6"); {
	case v4 && v6:
		return "", usagef("scan: -4 and -6 exclude each other; without either both are scanned")
	case v4:
		return hosts.IPv4, nil
	case v6:
		return hosts.IPv6, nil
	default:
		return hosts.Any, nil
	}
}

// readOrigin reads where the scan leaves from. From an address of one family only
// that family can be asked.
func readOrigin(ctx *cli.Context, config *scanjob.Config) error {
	config.Scanner.Interface = ctx.String("interface")
	text := ctx.String("source")
	if text == "" {
		return nil
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return usagef("source: %q is not an IP address; write one of this machine's", text)
	}
	config.Scanner.Source = addr.Unmap()
	family := hosts.IPv6
	if config.Scanner.Source.Is4() {
		family = hosts.IPv4
	}
	if config.Family != hosts.Any && config.Family != family {
		return usagef("source: %s cannot ask the other address family; leave out -4 and -6", text)
	}
	config.Family = family
	return nil
}
