package cli

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"porthole/internal/hosts"
	"porthole/internal/report"
	"porthole/registry"
	"porthole/scanner"
)

func (c console) scanCommand() *cli.Command {
	flags := append([]cli.Flag{
		&cli.StringFlag{Name: "ports", Aliases: []string{"p"}, Usage: "`EXPR` ports to ask (default common): 22,80,8000-9000  -  https  T:22,U:53  top:200"},
		&cli.IntFlag{Name: "top", Usage: "`N` the N first ports of the ranked list"},
		&cli.BoolFlag{Name: "udp", Usage: "UDP instead of TCP"},
		&cli.StringFlag{Name: "input", Aliases: []string{"i"}, Usage: "`FILE` read targets from a file; - is standard input"},
		&cli.StringSliceFlag{Name: "exclude", Usage: "`TARGETS` never ask these addresses"},
		&cli.StringFlag{Name: "exclude-ports", Usage: "`EXPR` never ask these ports"},
		&cli.BoolFlag{Name: "4", Usage: "IPv4 only"},
		&cli.BoolFlag{Name: "6", Usage: "IPv6 only"},
		&cli.IntFlag{Name: "concurrency", Aliases: []string{"c"}, Usage: "`N` probes in flight at most (default by this machine's limits)"},
		&cli.Float64Flag{Name: "rate", Usage: "`N` attempts per second at most (default no limit)"},
		&cli.DurationFlag{Name: "timeout", Value: scanner.DefaultTimeout, Usage: "`D` wait this long for one answer at most (default 2s)"},
		&cli.IntFlag{Name: "retries", Value: scanner.DefaultRetries, Usage: "`N` further attempts after silence (default 1)"},
		&cli.StringFlag{Name: "show", Usage: "`STATES` open (default), closed, filtered, open|filtered, unknown or all"},
	}, commonFlags()...)
	about := "ask hosts which ports answer"
	return &cli.Command{
		Name:      "scan",
		Usage:     about,
		ArgsUsage: "TARGET...",
		Flags:     flags,
		Action:    c.scan,
		CustomHelpTemplate: commandHelp("scan", about, "TARGET...", flags, `
A target is a name, an address, a CIDR, a range (192.0.2.1-50) or host:port.

Examples:
  porthole scan localhost                      the common ports of this machine
  porthole scan example.com -p 22,80,443       three ports of every address of a name
  porthole scan 192.0.2.0/24 -p https -o csv   one port of a network, for a spreadsheet`),
	}
}

// scanPlan is a scan as the user asked for it, checked before anything is sent.
type scanPlan struct {
	targets  []hosts.Target
	exclude  []hosts.Target
	family   hosts.Family
	ports    registry.Ports
	barred   registry.Ports // --exclude-ports
	proto    string         // what a bare port and host:port stand for
	show     []string       // states; nil shows open, and open|filtered
	services *registry.Registry
	scanner  scanner.Scanner
	specs    []report.Spec
	options  report.Options
}

func (c console) scan(ctx *cli.Context) error {
	plan, err := c.planScan(ctx)
	if err != nil {
		return err
	}
	start := time.Now()
	sets, problems, err := hosts.Resolve(ctx.Context, hosts.Localhost{Resolver: &net.Resolver{}, Interfaces: net.InterfaceAddrs}, plan.family, plan.targets, plan.exclude)
	if err != nil {
		return err
	}
	if err := ctx.Context.Err(); err != nil {
		return err
	}
	for _, p := range problems {
		say(c.err, p)
	}
	if len(sets) == 0 {
		return nothingToScan(problems)
	}
	out, err := report.Open(plan.specs, c.out, plan.options)
	if err != nil {
		return err
	}
	counts := plan.count(sets)
	counts.Unresolved = len(problems)
	scanErr := plan.run(ctx.Context, sets, out, counts)
	sum := &report.Summary{Kind: "summary", Command: "scan", ScanCounts: counts}
	sum.Complete = scanErr == nil && counts.Unknown == 0 && counts.Unresolved == 0
	sum.Elapsed = milliseconds(time.Since(start))
	if err := out.Close(sum); err != nil {
		return err
	}
	c.sumUpScan(ctx, sum, scanErr)
	if scanErr == nil && !sum.Complete {
		return errIncomplete
	}
	return scanErr
}

func nothingToScan(problems []error) error {
	if len(problems) > 0 {
		return errors.New("no target could be resolved; nothing was scanned")
	}
	return errors.New("every target is excluded; nothing was scanned")
}

// planScan reads the flags and arguments.
func (c console) planScan(ctx *cli.Context) (p scanPlan, err error) {
	if p.specs, p.options, err = c.sinks(ctx); err != nil {
		return p, err
	}
	p.options.Command, p.options.Kind = "scan", report.KindPort
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
	if p.targets, err = c.readTargets(ctx); err != nil {
		return p, err
	}
	for _, text := range ctx.StringSlice("exclude") {
		ts, err := hosts.Parse(text)
		if err != nil {
			return p, usage(fmt.Errorf("exclude: %w", err))
		}
		p.exclude = append(p.exclude, ts...)
	}
	p.scanner = scanner.Scanner{
		Concurrency: ctx.Int("concurrency"),
		Timeout:     ctx.Duration("timeout"),
		Retries:     ctx.Int("retries"),
		Rate:        ctx.Float64("rate"),
	}
	if p.scanner.Retries == 0 {
		p.scanner.Retries = -1 // 0 asks the scanner for its default
	}
	return p, nil
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
	states := []string{"open", "closed", "filtered", "open|filtered", "unknown"}
	if p.show, err = oneOf("show", ctx.String("show"), append(states, "all")...); slices.Contains(p.show, "all") {
		p.show = states
	}
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

func (c console) readTargets(ctx *cli.Context) (targets []hosts.Target, err error) {
	for _, arg := range ctx.Args().Slice() {
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

// portsOf is what is asked of the addresses of one set.
func (p *scanPlan) portsOf(s *hosts.Set) registry.Ports {
	if s.Port == 0 {
		return p.ports
	}
	one := registry.NewPorts(p.proto, registry.Range{First: s.Port, Last: s.Port})
	return one.Minus(p.barred)
}

// questions yields every probe once, port by port over all addresses, so that
// no host is hammered.
func (p *scanPlan) questions(sets []*hosts.Set) iter.Seq[scanner.Target] {
	return func(yield func(scanner.Target) bool) {
		for _, s := range sets {
			ports := p.portsOf(s)
			for _, proto := range ports.Protos() {
				for port := range ports.All(proto) {
					for h := range s.All() {
						if !yield(scanner.Target{Proto: proto, Addr: netip.AddrPortFrom(h.Addr, port), Host: h.Name}) {
							return
						}
					}
				}
			}
		}
	}
}

func (p *scanPlan) count(sets []*hosts.Set) *report.ScanCounts {
	counts := &report.ScanCounts{}
	for _, s := range sets {
		ports := p.portsOf(s)
		counts.Targets += s.Len()
		for _, proto := range ports.Protos() {
			counts.Probes += s.Len() * uint64(ports.Len(proto))
		}
	}
	return counts
}

// run asks every question, counts every verdict, and writes those to be shown.
func (p *scanPlan) run(ctx context.Context, sets []*hosts.Set, out *report.Output, counts *report.ScanCounts) error {
	labels := labels{p.services}
	for res, err := range p.scanner.Scan(ctx, p.questions(sets)) {
		if err != nil {
			return err
		}
		tally(counts, res)
		if slices.Contains(p.show, res.State.String()) {
			if err := out.Write(labels.port(res)); err != nil {
				return err
			}
		}
	}
	return nil
}

func tally(n *report.ScanCounts, res scanner.Result) {
	switch res.State {
	case scanner.Open:
		n.Open++
	case scanner.Closed:
		n.Closed++
	case scanner.Filtered:
		n.Filtered++
	case scanner.OpenFiltered:
		n.OpenFiltered++
	default:
		n.Unknown++
	}
	n.Retries += uint64(max(res.Attempts-1, 0))
}

// sumUpScan prints the summary line.
func (c console) sumUpScan(ctx *cli.Context, s *report.Summary, scanErr error) {
	n := s.ScanCounts
	parts := []string{fmt.Sprintf("%d open, %d closed, %d filtered", n.Open, n.Closed, n.Filtered)}
	for _, more := range []struct {
		n    uint64
		what string
	}{{n.OpenFiltered, "open|filtered"}, {n.Unknown, "unknown"}} {
		if more.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", more.n, more.what))
		}
	}
	line := fmt.Sprintf("%s of %d probes in %s", strings.Join(parts, ", "), n.Probes, seconds(s.Elapsed))
	if interrupted(scanErr) {
		asked := n.Open + n.Closed + n.Filtered + n.OpenFiltered + n.Unknown
		line += fmt.Sprintf("; interrupted, %d not asked", n.Probes-asked)
	}
	c.tell(ctx, "%s", line)
	if ctx.Bool("verbose") {
		c.tell(ctx, "%d addresses, %d retries, %d targets without an address", n.Targets, n.Retries, n.Unresolved)
	}
}

// seconds words a time given in milliseconds.
func seconds(ms float64) string {
	if ms < 100 {
		return fmt.Sprintf("%.0f ms", ms)
	}
	return fmt.Sprintf("%.1f s", ms/1000)
}
