package cli

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"porthole/internal/hosts"
	"porthole/internal/record"
	"porthole/registry"
	"porthole/scanner"
)

// scanPlan is a scan as the user asked for it, checked before anything is sent.
type scanPlan struct {
	targets  []hosts.Target
	exclude  []hosts.Target
	family   hosts.Family
	ports    registry.Ports
	barred   registry.Ports // --exclude-ports
	proto    string         // what a bare port and host:port stand for
	show     []string       // states
	showAll  bool
	services *registry.Registry
	scanner  scanner.Scanner
	discover string // auto, always or never
	seed     uint64
	hash     string // of checkpoint.Plan
	shard    uint64 // from 1
	shards   uint64 // 1 for a scan that is not shared out
	rdns     bool   // look up the names of what is shown
	answer   answer
}

// planScan reads the flags and arguments. A scan that goes on has its targets
// already, for when none are typed.
func (c console) planScan(ctx *cli.Context, recalled []string) (*scanPlan, error) {
	p := &scanPlan{}
	var err error
	if p.answer, err = c.answer(ctx, "scan", record.KindPort); err != nil {
		return p, err
	}
	p.answer.options.Live = true
	if p.services, err = c.services(); err != nil {
		return p, err
	}
	if err = p.readPorts(ctx); err != nil {
		return p, err
	}
	if err = p.readShow(ctx); err != nil {
		return p, err
	}
	if p.family, err = readFamily(ctx); err != nil {
		return p, err
	}
	if p.targets, err = c.readTargets(ctx, recalled); err != nil {
		return p, err
	}
	if err = p.readExcludes(ctx); err != nil {
		return p, err
	}
	return p, p.readManner(ctx)
}

func (p *scanPlan) readExcludes(ctx *cli.Context) error {
	for _, text := range ctx.StringSlice("exclude") {
		ts, err := hosts.Parse(text)
		if err != nil {
			return usage(fmt.Errorf("exclude: %w", err))
		}
		p.exclude = append(p.exclude, ts...)
	}
	return nil
}

// readManner reads how fast, how patiently and in what order to ask.
func (p *scanPlan) readManner(ctx *cli.Context) error {
	p.discover = ctx.String("discover")
	if !slices.Contains(whens(), p.discover) {
		return usagef("discover: unknown value %q; write auto, always or never", p.discover)
	}
	if err := p.readShard(ctx); err != nil {
		return err
	}
	p.seed, p.rdns = ctx.Uint64("seed"), ctx.Bool("rdns")
	p.scanner = scanner.Scanner{
		Concurrency: ctx.Int("concurrency"),
		Timeout:     ctx.Duration("timeout"),
		HostTimeout: ctx.Duration("host-timeout"),
		Attempts:    1 + max(ctx.Int("retries"), 0),
		Rate:        ctx.Float64("rate"),
	}
	return nil
}

// readShard reads which part of a scan that several machines share is asked
// here.
func (p *scanPlan) readShard(ctx *cli.Context) error {
	p.shard, p.shards = 1, 1
	if !ctx.IsSet("shard") {
		return nil
	}
	text := ctx.String("shard")
	part, of, ok := strings.Cut(text, "/")
	var err1, err2 error
	p.shard, err1 = strconv.ParseUint(part, 10, 32)
	p.shards, err2 = strconv.ParseUint(of, 10, 32)
	if !ok || err1 != nil || err2 != nil || p.shard < 1 || p.shard > p.shards {
		return usagef("shard: %q is no part of a scan; write I/N with I from 1 to N, as in 2/5", text)
	}
	return nil
}

func (p *scanPlan) readPorts(ctx *cli.Context) (err error) {
	p.proto = "tcp"
	if ctx.Bool("udp") {
		p.proto = "udp"
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
	if p.ports, err = p.services.ParsePorts(expr, p.proto); err != nil {
		return usage(err)
	}
	if ctx.IsSet("exclude-ports") {
		if p.barred, err = p.services.ParsePorts(ctx.String("exclude-ports"), "tcp", "udp"); err != nil {
			return usage(fmt.Errorf("exclude-ports: %w", err))
		}
	}
	for _, proto := range []string{"tcp", "udp"} { // port 0 is reserved (RFC 6335) and cannot be asked
		p.barred = p.barred.Union(registry.NewPorts(proto, registry.Range{}))
	}
	for _, proto := range p.ports.Protos() {
		if proto != "tcp" && proto != "udp" {
			return usagef("scan: %s cannot be scanned; only TCP and UDP can", proto)
		}
	}
	if p.ports = p.ports.Minus(p.barred); p.ports.Empty() {
		return usagef("scan: no ports are left to ask in %q", expr)
	}
	return nil
}

func (p *scanPlan) readShow(ctx *cli.Context) (err error) {
	if !ctx.IsSet("show") {
		p.show = []string{"open", "open|filtered"}
		return nil
	}
	p.show, err = oneOf("show", ctx.String("show"), showStates()...)
	p.showAll = slices.Contains(p.show, "all")
	return err
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

func (c console) readTargets(ctx *cli.Context, recalled []string) (targets []hosts.Target, err error) {
	args := ctx.Args().Slice()
	if len(args) == 0 && !ctx.IsSet("input") {
		args = recalled
	}
	for _, arg := range args {
		ts, err := hosts.Parse(arg)
		if err != nil {
			return nil, usage(fmt.Errorf("scan: %w", err))
		}
		targets = append(targets, ts...)
	}
	if name := ctx.String("input"); name != "" {
		ts, err := c.readInput(name)
		if err != nil {
			return nil, fmt.Errorf("input: %w", err)
		}
		targets = append(targets, ts...)
	}
	if len(targets) == 0 {
		return nil, usagef("scan: no targets; write porthole scan HOST, or --input FILE")
	}
	return targets, nil
}

func (c console) readInput(name string) ([]hosts.Target, error) {
	if name == "-" {
		ts, err := hosts.ReadList(c.in, "standard input")
		return ts, usage(err)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	ts, err := hosts.ReadList(f, name)
	return ts, usage(err)
}
