package cli

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"porthole/internal/hosts"
	"porthole/internal/report"
	"porthole/scanner"
)

func (c console) scanCommand() *cli.Command {
	flags := append([]cli.Flag{
		&cli.StringFlag{Name: "ports", Aliases: []string{"p"}, Usage: "`EXPR` ports: 22,8000-9000 - https T:22,U:53 common"},
		&cli.IntFlag{Name: "top", Usage: "`N` the first N ports of the ranked list"},
		&cli.BoolFlag{Name: "udp", Usage: "UDP instead of TCP"},
		&cli.StringFlag{Name: "input", Aliases: []string{"i"}, Usage: "`FILE` read targets from a file; - is standard input"},
		&cli.StringSliceFlag{Name: "exclude", Usage: "`TARGETS` never ask these addresses"},
		&cli.StringFlag{Name: "exclude-ports", Usage: "`EXPR` never ask these ports"},
		&cli.BoolFlag{Name: "4", Usage: "IPv4 only"},
		&cli.BoolFlag{Name: "6", Usage: "IPv6 only"},
		&cli.IntFlag{Name: "concurrency", Aliases: []string{"c"}, Usage: "`N` probes in flight at most (default by limits)"},
		&cli.Float64Flag{Name: "rate", Usage: "`N` attempts per second at most (default no limit)"},
		&cli.DurationFlag{Name: "timeout", Value: scanner.DefaultTimeout, Usage: "`D` wait for one answer at most (default 2s)"},
		&cli.DurationFlag{Name: "host-timeout", Usage: "`D` time for one host; the rest of it is unknown"},
		&cli.IntFlag{Name: "retries", Value: scanner.DefaultRetries, Usage: "`N` further attempts after silence (default 1)"},
		&cli.StringFlag{Name: "discover", Value: "auto", Usage: "`WHEN` find dead addresses first: auto, always, never"},
		&cli.Uint64Flag{Name: "seed", Usage: "`N` repeat the order of an earlier scan"},
		&cli.StringFlag{Name: "show", Usage: "`STATES` open, closed, filtered, unknown, all ..."},
	}, commonFlags()...)
	return &cli.Command{
		Name:        "scan",
		Usage:       "ask hosts which ports answer",
		ArgsUsage:   "TARGET...",
		Flags:       flags,
		Action:      c.scan,
		Description: "A target is a name, an address, a CIDR, a range (192.0.2.1-50) or host:port.",
		UsageText: examples(
			"porthole scan localhost", "the common ports of this machine",
			"porthole scan example.com -p 22,80,443", "three ports of a name's addresses",
			"porthole scan 192.0.2.0/24 -p https -o csv", "one port of a network",
		),
	}
}

func (c console) scan(ctx *cli.Context) error {
	plan, err := c.planScan(ctx)
	if err != nil {
		return err
	}
	start := time.Now()
	sets, problems, err := plan.resolve(ctx.Context)
	if err != nil {
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
	r := scanRun{console: c, plan: plan, out: out, verbose: ctx.Bool("verbose")}
	r.counts.Unresolved = len(problems)
	scanErr := r.everything(ctx.Context, sets)
	sum := r.summary(time.Since(start), scanErr)
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

// scanRun is a scan on its way.
type scanRun struct {
	console
	plan    *scanPlan
	out     *report.Output
	verbose bool
	counts  report.ScanCounts
	ledger  report.Ledger
}

// everything finds the dead addresses where that pays, then asks the others.
func (r *scanRun) everything(ctx context.Context, sets []*hosts.Set) error {
	for _, s := range sets {
		r.counts.Targets += s.Len()
	}
	discover := r.plan.discovers(r.counts.Targets)
	for _, s := range sets {
		var alive scanner.Hosts = everyHost{s}
		if discover {
			found, err := r.discover(ctx, s)
			if err != nil {
				return err
			}
			alive = found
		}
		order, err := r.plan.order(s, alive)
		if err != nil {
			return err
		}
		r.counts.Probes += order.Len()
		if err := r.ask(ctx, order); err != nil {
			return err
		}
	}
	return nil
}

// discover sorts out the addresses of a set that nothing answers for.
func (r *scanRun) discover(ctx context.Context, s *hosts.Set) (someHosts, error) {
	var alive someHosts
	for p, err := range r.plan.scanner.Discover(ctx, everyHost{s}, r.plan.seed) {
		if err != nil {
			return nil, err
		}
		if p.Alive {
			alive = append(alive, hosts.Host{Name: p.Host, Addr: p.Addr})
			continue
		}
		r.counts.Down++
		if r.verbose {
			fmt.Fprintf(r.err, "%s is down: %s\n", p.Addr, p.Evidence.Reason)
		}
	}
	slices.SortFunc(alive, func(a, b hosts.Host) int { return a.Addr.Compare(b.Addr) })
	return alive, nil
}

// ask puts every question, counts every verdict, and writes those to be shown.
func (r *scanRun) ask(ctx context.Context, order *scanner.Plan) error {
	s := r.plan.scanner
	s.Report = func(stats scanner.Stats) { addStats(&r.ledger, stats) }
	canary := scanner.Canary{Scanner: &s, Seed: r.plan.seed, Warn: r.warnMiddlebox}
	labels := labels{r.plan.services}
	for res, err := range canary.Watch(ctx, s.Scan(ctx, order.Targets(0))) {
		if err != nil {
			return err
		}
		tally(&r.counts, res)
		if !r.plan.shows(res) {
			r.out.Count(verdict(res))
			continue
		}
		if err := r.out.Write(labels.port(res)); err != nil {
			return err
		}
	}
	return nil
}

func (r *scanRun) warnMiddlebox(host string, addr netip.Addr) {
	name := addr.String()
	if host != "" {
		name = host + " (" + name + ")"
	}
	say(r.err, fmt.Errorf("%s: even random ports are open: something in between, such as a SYN proxy, answers for it; "+
		"its further open ports are counted as middlebox and only shown by --show all", name))
}
